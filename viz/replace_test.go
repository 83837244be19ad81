package viz

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func text(name, content string) file {
	return file{name, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }}
}

// wantFolder fails unless a folder holds these files and nothing else.
func wantFolder(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(data)
	}
	if !maps.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
}

// full fails as a full disk does, after half of the file.
func full(t *testing.T, name string) file {
	t.Helper()
	device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full:", err)
	}
	t.Cleanup(func() { device.Close() })
	return file{name, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		_, err := device.WriteString("more")
		return err
	}}
}

func TestReplaceFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	owned := []string{"mask", "picture"}
	if err := replaceFiles(dir, []file{text("picture", "1"), text("mask", "1"), text("last", "1")}, owned); err != nil {
		t.Fatal(err)
	}
	wantFolder(t, dir, map[string]string{"picture": "1", "mask": "1", "last": "1"})
	if err := os.WriteFile(filepath.Join(dir, "notes"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replaceFiles(dir, []file{text("picture", "2"), text("last", "2")}, owned); err != nil {
		t.Fatal(err)
	}
	wantFolder(t, dir, map[string]string{"picture": "2", "last": "2", "notes": "mine"})
}

func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := replaceFiles(dir, []file{text("picture", "old"), text("last", "old")}, nil); err != nil {
		t.Fatal(err)
	}
	err := replaceFiles(dir, []file{text("picture", "new"), full(t, "last")}, nil)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir+", which is left as it was: last: ") {
		t.Errorf("error is %v", err)
	}
	wantFolder(t, dir, map[string]string{"picture": "old", "last": "old"})
}

// A folder that was made for files that could not be written is not left behind.
func TestDiskFullInNewFolder(t *testing.T) {
	top := t.TempDir()
	if err := replaceFiles(filepath.Join(top, "a", "b"), []file{full(t, "x")}, nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error is %v", err)
	}
	wantFolder(t, top, map[string]string{})
}

// A folder has a file's name: when that is noticed, some files have already been moved.
func TestFolderInTheWay(t *testing.T) {
	for _, name := range []string{"first", "last", "mask"} {
		dir := t.TempDir()
		old := map[string]string{"first": "old", "last": "old", "mask": "old"}
		delete(old, name)
		for n, content := range old {
			if err := os.WriteFile(filepath.Join(dir, n), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		obstacle := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Join(obstacle, "kept"), 0o755); err != nil {
			t.Fatal(err)
		}
		err := replaceFiles(dir, []file{text("first", "new"), text("last", "new")}, []string{"mask"})
		if err == nil || !strings.Contains(err.Error(), obstacle+" is in the way") {
			t.Errorf("%s: error is %v", name, err)
		}
		if err := os.Remove(filepath.Join(obstacle, "kept")); err != nil {
			t.Error(err)
		}
		if err := os.Remove(obstacle); err != nil {
			t.Error(err)
		}
		wantFolder(t, dir, old)
	}
}

// A move that fails late is taken back.
func TestUndo(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "first"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	vanishing := file{"last", func(w io.Writer) error { return os.Remove(w.(*os.File).Name()) }}
	err := replaceFiles(dir, []file{text("first", "new"), vanishing}, nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
	wantFolder(t, dir, map[string]string{"first": "old"})
}

func TestFolderBelowFile(t *testing.T) {
	top := t.TempDir()
	if err := os.WriteFile(filepath.Join(top, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(top, "file", "out")
	err := replaceFiles(dir, []file{text("x", "1")}, nil)
	if !errors.Is(err, syscall.ENOTDIR) || !strings.Contains(err.Error(), "cannot make the folder "+dir) {
		t.Errorf("error is %v", err)
	}
	wantFolder(t, top, map[string]string{"file": ""})
}

func TestUnwritableFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	err := replaceFiles(dir, []file{text("x", "1")}, nil)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "cannot write to the folder "+dir) {
		t.Errorf("error is %v", err)
	}
}
