package weights

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onlyFile fails the test unless dir holds the named file with this text and nothing else.
func onlyFile(t *testing.T, dir, name, text string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Name() != name {
		t.Fatalf("the folder holds %v, want %s alone", files, name)
	}
	if found, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(found) != text {
		t.Fatalf("%s holds %q (%v), want %q", name, found, err, text)
	}
}

// Half of the file is written when the disk is full: the file that was there must stay, and nothing else.
func TestDiskFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full:", err)
	}
	defer full.Close()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.safetensors")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	tensors := []Tensor{{"x", F32, []int{100_000}, make([]float32, 100_000)}}
	err = replaceFile(path, func(w io.Writer) error {
		return encode(&fullAfter{w: w, room: 200_000, full: full}, tensors, nil)
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "cannot write "+path) {
		t.Errorf("error is %v, want no space left and the path", err)
	}
	onlyFile(t, dir, "x.safetensors", "old")
}

// fullAfter writes to w while there is room, and then to a full device.
type fullAfter struct {
	w, full io.Writer
	room    int
}

func (f *fullAfter) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return f.full.Write(p)
	}
	return f.w.Write(p)
}

func TestFailedWriteKeepsOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.safetensors")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []Tensor{{"x", F16, []int{1}, []float32{1e6}}}, nil); err == nil {
		t.Error("1e6 was written as F16")
	}
	onlyFile(t, dir, "x.safetensors", "old")
}

func TestWriteToMissingFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "x.safetensors")
	if err := Write(path, nil, nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
}

// The path is a folder: what is there cannot be replaced.
func TestWriteOverFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.safetensors")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, nil, nil); err == nil {
		t.Error("a folder was overwritten")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v (%v), want the folder alone", files, err)
	}
}
