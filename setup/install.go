package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

const (
	stampFile = "checked.txt"
	lockFile  = "setup.lock"
	// stagePrefix marks folders in the making. Who holds the lock may delete any that he finds.
	stagePrefix = "unfinished-"
)

// lock takes the lock on a folder of a cache, saying so when it has to wait for another set-up.
func lock(ctx context.Context, cache, dir string, say func(string, ...any)) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, explain(cache, err)
	}
	l := flock.New(filepath.Join(dir, lockFile))
	locked, err := l.TryLock()
	if err == nil && !locked {
		say("Another set-up is at work in %s: waiting for it to end.", dir)
		_, err = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil {
		return nil, explain(cache, fmt.Errorf("lock on %s: %w", l.Path(), err))
	}
	return func() { l.Close() }, nil
}

// installed reports whether a plugin stands in the cache, checked. It looks at the library's size and the stamp alone,
// so it is quick enough to be asked at every start.
func (p plugin) installed(cache string) bool {
	info, err := os.Stat(p.libraryPath(cache))
	if err != nil || !info.Mode().IsRegular() || info.Size() != p.LibrarySize {
		return false
	}
	stamp, err := os.ReadFile(filepath.Join(p.root(cache), stampFile))
	return err == nil && string(stamp) == p.stamp()
}

// adopt accepts a library that the user has put in place by hand, when it is the pinned one, and reports whether it did.
// A plugin of several wheels can't be judged by its library alone and is never adopted. The lock must be held.
func (p plugin) adopt(ctx context.Context, cache string, say func(string, ...any)) (bool, error) {
	path := p.libraryPath(cache)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || len(p.Wheels) != 1 {
		return false, nil
	}
	if err != nil {
		return false, explain(cache, err)
	}
	if info.Size() == p.LibrarySize {
		sum, _, err := hashFile(ctx, path)
		if err != nil {
			return false, err
		}
		if sum == p.LibrarySHA256 {
			say("Found %s, put there by hand.", path)
			return true, p.putStamp(cache, p.root(cache))
		}
	}
	say("%s (%d bytes) isn't the expected file: it will be replaced.", path, info.Size())
	return false, nil
}

func (p plugin) putStamp(cache, folder string) error {
	err := renameio.WriteFile(filepath.Join(folder, stampFile), []byte(p.stamp()), 0o644)
	return explain(cache, err)
}

// fetch downloads, checks and unpacks the plugin beside its place and moves it there as the last step. The lock must be
// held. Whatever ends it early leaves the place as it was.
func (p plugin) fetch(ctx context.Context, cache string, say func(string, ...any)) error {
	dir := filepath.Join(cache, pluginsFolder)
	if free, err := freeBytes(dir); err == nil && free < p.unpackedSize()+p.largestWheel() {
		return fmt.Errorf("not enough room: %s needs %s in %s, where %s are free; free some space, or set %s to a folder on another disk",
			p.Folder, size(p.unpackedSize()+p.largestWheel()), cache, size(free), CacheEnv)
	}
	tool, err := findPip(ctx)
	if err != nil {
		return p.byHand(cache, err)
	}
	stage, err := os.MkdirTemp(dir, stagePrefix)
	if err != nil {
		return explain(cache, err)
	}
	defer os.RemoveAll(stage)

	unpacked := filepath.Join(stage, "plugin")
	for i, w := range p.Wheels {
		say("Downloading %s %s (%d of %d, %s) with %s.", w.Name, w.Version, i+1, len(p.Wheels), size(w.Size), tool)
		downloads := filepath.Join(stage, "download")
		if err := os.Mkdir(downloads, 0o755); err != nil {
			return explain(cache, err)
		}
		archive, err := tool.download(ctx, w, downloads)
		if err != nil {
			return p.byHand(cache, err)
		}
		if err := w.verify(ctx, archive); err != nil {
			return p.byHand(cache, err)
		}
		if err := w.unpack(ctx, archive, unpacked); err != nil {
			return explain(cache, err)
		}
		if err := os.RemoveAll(downloads); err != nil {
			return explain(cache, err)
		}
	}
	if err := p.putStamp(cache, unpacked); err != nil {
		return err
	}
	return explain(cache, replaceFolder(unpacked, p.root(cache), filepath.Join(stage, "old")))
}

// largestWheel is the most room that archives need at one time: each is deleted when it's unpacked.
func (p plugin) largestWheel() (n int64) {
	for _, w := range p.Wheels {
		n = max(n, w.Size)
	}
	return n
}

// replaceFolder moves the folder from to the place to, durably; what stood there goes to aside.
func replaceFolder(from, to, aside string) error {
	if err := os.Rename(to, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	parent, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer parent.Close()
	return parent.Sync()
}

// sweep deletes what set-ups that were killed have left in a folder of a cache. The lock must be held.
func sweep(cache, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return explain(cache, err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), stagePrefix) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return explain(cache, err)
		}
	}
	return nil
}
