package setup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestCacheDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "xdg"))
	for _, test := range []struct{ env, want string }{
		{"", filepath.Join(home, "xdg", "otherwise")},
		{filepath.Join(home, "a place", "of my own"), filepath.Join(home, "a place", "of my own")},
		{"here", filepath.Join(home, "here")}, // relative to the working folder
	} {
		t.Chdir(home)
		t.Setenv(CacheEnv, test.env)
		got, err := CacheDir()
		if err != nil || got != test.want {
			t.Errorf("%s=%q: got %q, %v; want %q", CacheEnv, test.env, got, err, test.want)
			continue
		}
		if info, err := os.Stat(got); err != nil || !info.IsDir() {
			t.Errorf("%s wasn't made: %v", got, err)
		}
	}
}

func TestCacheDirWithoutHome(t *testing.T) {
	for _, name := range []string{CacheEnv, "HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, "")
	}
	if _, err := CacheDir(); err == nil || !strings.Contains(err.Error(), "set "+CacheEnv) {
		t.Errorf("got %v", err)
	}
}

func TestExplain(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "is full", syscall.EDQUOT: "is full", syscall.EROFS: "can't be written", syscall.EACCES: "can't be written",
	} {
		cause := &os.PathError{Op: "write", Path: "/cache/file", Err: errno}
		err := explain("/cache", cause)
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), CacheEnv) || !errors.Is(err, cause) {
			t.Errorf("%v: got %v", errno, err)
		}
	}
	other := errors.New("other")
	if err := explain("/cache", other); err != other {
		t.Errorf("got %v", err)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{12: "12 bytes", 63461052: "63 MB", 2470290108: "2.5 GB"} {
		if got := size(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
