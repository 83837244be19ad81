package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// CacheEnv names the environment variable that moves the cache folder.
const CacheEnv = "OTHERWISE_CACHE"

// pluginsFolder is where plugins stand in the cache.
const pluginsFolder = "plugins"

// CacheDir returns the absolute path of the folder for everything that can be fetched or made again: plugins, data sets.
// It is $OTHERWISE_CACHE when that is set, else the folder "otherwise" in the user's cache folder ($XDG_CACHE_HOME or
// $HOME/.cache). The folder is made, with mode 0755, when it isn't there.
func CacheDir() (string, error) {
	dir := os.Getenv(CacheEnv)
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no cache folder: %w; set %s to a folder you can write", err, CacheEnv)
		}
		dir = filepath.Join(base, "otherwise")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", explain(dir, err)
	}
	return dir, nil
}

// explain adds what to do to an error of writing to the cache. Other errors pass as they are.
func explain(cache string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk that holds %s is full: %w; free some space, or set %s to a folder on another disk",
			cache, err, CacheEnv)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("the cache folder %s can't be written: %w; set %s to a folder you can write",
			cache, err, CacheEnv)
	}
	return err
}

// freeBytes returns how much the user may still write to the disk that holds dir.
func freeBytes(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}

// size writes a number of bytes for people: "63 MB", "2.5 GB".
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d bytes", n)
}
