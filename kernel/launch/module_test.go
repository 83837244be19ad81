package launch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddModule(t *testing.T) {
	checkout, notebook := t.TempDir(), t.TempDir()
	write(t, checkout, "go.mod", `module otherwise

go 1.26.5

require example.com/direct v1.2.3

require example.com/indirect v0.1.0 // indirect

replace example.com/near => ../near

replace example.com/far => example.com/fork v1.0.0

exclude example.com/direct v1.2.4
`)
	write(t, checkout, "go.sum", "sums\n")
	write(t, notebook, "go.mod", "module gonb_1\n\ngo 1.26.8\n")
	if err := addModule(notebook, checkout); err != nil {
		t.Fatal(err)
	}
	want := `module gonb_1

go 1.26.8

require (
	otherwise v0.0.0-00010101000000-000000000000
	example.com/direct v1.2.3
	example.com/indirect v0.1.0 // indirect
)

replace otherwise => ` + checkout + `

replace example.com/near => ` + filepath.Join(filepath.Dir(checkout), "near") + `

replace example.com/far => example.com/fork v1.0.0

exclude example.com/direct v1.2.4
`
	if diff := cmp.Diff(want, read(t, notebook, "go.mod")); diff != "" {
		t.Errorf("go.mod (-want +got):\n%s", diff)
	}
	if got := read(t, notebook, "go.sum"); got != "sums\n" {
		t.Errorf("go.sum: got %q", got)
	}
}

func TestAddModuleWithSpaceInPath(t *testing.T) {
	checkout, notebook := filepath.Join(t.TempDir(), "my work"), t.TempDir()
	if err := os.Mkdir(checkout, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, checkout, "go.mod", "module otherwise\n")
	write(t, notebook, "go.mod", "module gonb_1\n\ngo 1.26.8\n")
	if err := addModule(notebook, checkout); err != nil {
		t.Fatal(err)
	}
	f, err := parseModule(filepath.Join(notebook, "go.mod"))
	if err != nil || len(f.Replace) != 1 || f.Replace[0].New.Path != checkout {
		t.Errorf("got %v, %v", f, err)
	}
}

func TestAddModuleErrors(t *testing.T) {
	checkout, notebook := t.TempDir(), t.TempDir()
	write(t, notebook, "go.mod", "module gonb_1\n")
	if err := addModule(notebook, checkout); err == nil || !strings.Contains(err.Error(), filepath.Join(checkout, "go.mod")) {
		t.Errorf("no checkout: got %v", err)
	}
	write(t, checkout, "go.mod", "module otherwise\n\nrequire nothing\n")
	if err := addModule(notebook, checkout); err == nil || !strings.Contains(err.Error(), filepath.Join(checkout, "go.mod")) {
		t.Errorf("broken checkout: got %v", err)
	}
	if got := read(t, notebook, "go.mod"); got != "module gonb_1\n" {
		t.Errorf("the notebook's go.mod was changed: %q", got)
	}
}

func TestFindModule(t *testing.T) {
	checkout, other := t.TempDir(), t.TempDir()
	write(t, checkout, "go.mod", "module otherwise\n")
	write(t, other, "go.mod", "module example.com/other\n")
	deep := filepath.Join(checkout, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, from := range [][]string{{checkout}, {deep}, {other, deep}} {
		if got, err := FindModule(from...); err != nil || got != checkout {
			t.Errorf("%v: got %s, %v", from, got, err)
		}
	}
	if got, err := FindModule(other); err == nil || !strings.Contains(err.Error(), "--module DIR") {
		t.Errorf("got %s, %v", got, err)
	}
	if err := CheckModule(other); err == nil || !strings.Contains(err.Error(), "names another module") {
		t.Errorf("got %v", err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
