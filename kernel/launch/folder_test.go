package launch

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestMakeFolder(t *testing.T) {
	base := shortTemp(t)
	f, err := makeFolder(base)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{f.path, filepath.Dir(f.path), f.bin(), f.tmp()} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: got %v, %v; want mode 0700", path, info, err)
		}
	}
	if err := f.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(f.path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", f.path, err)
	}
}

func TestSweepDeletesTheDeadOnly(t *testing.T) {
	base := shortTemp(t)
	alive, err := makeFolder(base)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := makeFolder(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead.tmp(), "left"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	dead.lock.Close() // as the system does when launcher and guard are killed

	third, err := makeFolder(base)
	if err != nil {
		t.Fatal(err)
	}
	defer third.remove()
	if _, err := os.Stat(dead.path); !os.IsNotExist(err) {
		t.Errorf("the dead kernel's folder is still there: %v", err)
	}
	if _, err := os.Stat(alive.tmp()); err != nil {
		t.Errorf("the living kernel's folder is gone: %v", err)
	}
	alive.remove()
}

func TestMakeFolderRefuses(t *testing.T) {
	long := filepath.Join(shortTemp(t), strings.Repeat("long", 30))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := makeFolder(long); err == nil || !strings.Contains(err.Error(), "set TMPDIR to a shorter one") {
		t.Errorf("long path: got %v", err)
	}
	entries, err := filepath.Glob(filepath.Join(long, "*", "*"))
	if err != nil || len(entries) != 0 {
		t.Errorf("the refused start left %v, %v", entries, err)
	}

	open := shortTemp(t)
	f, err := makeFolder(open)
	if err != nil {
		t.Fatal(err)
	}
	f.remove()
	if err := os.Chmod(filepath.Dir(f.path), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := makeFolder(open); err == nil || !strings.Contains(err.Error(), "yours alone") {
		t.Errorf("folder open to all: got %v", err)
	}
	if _, err := makeFolder(filepath.Join(open, "none")); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("no folder: got %v", err)
	}
}

func TestLockIsExclusive(t *testing.T) {
	dir := t.TempDir()
	first, err := lockFile(dir, syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := lockFile(dir, syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		second.Close()
		t.Error("locked twice")
	}
	first.Close()
	again, err := lockFile(dir, syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again.Close()
}

// shortTemp is a temporary folder whose path leaves room for a socket's, which t.TempDir's, with the test's name, may not.
func shortTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "otw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
