package fashion

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withSystemDir has Find look in dir instead of where Debian's package installs the files.
func withSystemDir(t *testing.T, dir string) {
	t.Helper()
	before := systemDir
	t.Cleanup(func() { systemDir = before })
	systemDir = dir
}

func TestFind(t *testing.T) {
	empty, explicit, cache, system := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	cached := filepath.Join(cache, "fashion-mnist")
	for _, dir := range []string{explicit, cached, system} {
		writeSet(t, dir, smallSet())
	}
	tests := []struct{ explicit, cache, system, want string }{
		{explicit, cache, system, explicit},
		{"", cache, system, cached},
		{"", empty, system, system},
	}
	for _, test := range tests {
		withSystemDir(t, test.system)
		dir, err := Find(test.explicit, test.cache)
		if err != nil || dir != test.want {
			t.Errorf("Find(%q, %q) = %q, %v; want %q", test.explicit, test.cache, dir, err, test.want)
		}
	}
}

func TestFindErrors(t *testing.T) {
	cache, partial := t.TempDir(), t.TempDir()
	withSystemDir(t, filepath.Join(t.TempDir(), "missing"))
	writeSet(t, partial, smallSet())
	if err := os.Remove(filepath.Join(partial, "t10k-labels-idx1-ubyte.gz")); err != nil {
		t.Fatal(err)
	}
	regular := filepath.Join(t.TempDir(), "train-images-idx3-ubyte.gz")
	writeTestFile(t, regular, nil)

	tests := []struct {
		explicit string
		want     []string
	}{
		{"", []string{filepath.Join(cache, "fashion-mnist") + ": no such folder", systemDir + ": no such folder"}},
		{partial, []string{partial + ": without t10k-labels-idx1-ubyte.gz"}},
		{regular, []string{regular + ": not a folder"}},
	}
	for _, test := range tests {
		dir, err := Find(test.explicit, cache)
		if err == nil {
			t.Errorf("Find(%q): %q", test.explicit, dir)
			continue
		}
		for _, part := range append(test.want, "otherwise data fashion", "train-images-idx3-ubyte.gz", "into\n  "+cache) {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("Find(%q): %q doesn't say %q", test.explicit, err, part)
			}
		}
	}
}

func TestFindExplicitDoesNotFallBack(t *testing.T) {
	system, empty := t.TempDir(), t.TempDir()
	writeSet(t, system, smallSet())
	withSystemDir(t, system)
	if dir, err := Find(empty, empty); err == nil || strings.Contains(err.Error(), system) {
		t.Errorf("asked for an empty folder, found %q (%v)", dir, err)
	}
}
