package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Reference returns the path of a file or folder of the reference data, which lies beside the checkout as
// ../shared/reference, and skips the test where it does not: what every clone must check lies in testdata folders.
func Reference(t testing.TB, parts ...string) string {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the test's folder")
		}
		root = filepath.Dir(root)
	}
	path := filepath.Join(append([]string{root, "..", "shared", "reference"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the reference data is not beside the checkout: %v", err)
	}
	return path
}
