package weights

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFingerprint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	of := func(about string, paths ...string) string {
		t.Helper()
		id, err := Fingerprint(about, paths...)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	now := time.Now()
	write("one", now)
	first := of("x", path)
	if again := of("x", path); again != first {
		t.Error("the same file has two fingerprints")
	}
	if of("y", path) == first || of("x", path, path) == first {
		t.Error("another configuration or list of files has the same fingerprint")
	}
	write("three", now)
	if of("x", path) == first {
		t.Error("a file of another size has the same fingerprint")
	}
	write("two", now.Add(time.Second))
	if of("x", path) == first {
		t.Error("a file of another time has the same fingerprint")
	}
	if _, err := Fingerprint("x", path+"b"); err == nil {
		t.Error("no error for a file that isn't there")
	}
}
