package setup

import (
	"regexp"
	"strings"
	"testing"
)

// The pins are typed by hand: this finds what a slip would do to them.
func TestPinsAreWellFormed(t *testing.T) {
	hash := regexp.MustCompile(`^[0-9a-f]{64}$`)
	seen := map[string]bool{}
	for _, p := range []plugin{pinned.CPU, pinned.GPU} {
		if !hash.MatchString(p.LibrarySHA256) || p.LibrarySize <= 0 {
			t.Errorf("%s: library %q of %d bytes", p.Folder, p.LibrarySHA256, p.LibrarySize)
		}
		holdsLibrary := false
		for _, w := range p.Wheels {
			holdsLibrary = holdsLibrary || w.takes(p.Library)
			if !hash.MatchString(w.SHA256) || seen[w.SHA256] {
				t.Errorf("%s: SHA-256 %q is malformed or another's", w.Name, w.SHA256)
			}
			seen[w.SHA256] = true
			if prefix := strings.ReplaceAll(w.Name, "-", "_") + "-" + w.Version + "-py3-none-"; !strings.HasPrefix(w.File, prefix) {
				t.Errorf("%s: the file %s doesn't start with %s", w.Name, w.File, prefix)
			}
			if w.Size <= 0 || w.Unpacked < w.Size {
				t.Errorf("%s: %d bytes become %d", w.Name, w.Size, w.Unpacked)
			}
		}
		if !holdsLibrary {
			t.Errorf("%s: no wheel holds %s", p.Folder, p.Library)
		}
	}
}
