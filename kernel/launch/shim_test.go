package launch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shimmed returns a function that runs the shim as `go` in a folder, as GoNB does, without a network, with the module of this
// checkout to import.
func shimmed(t *testing.T, dir string, extra ...string) func(args ...string) (string, error) {
	t.Helper()
	real, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command on PATH")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shim := filepath.Join(t.TempDir(), "go")
	if err := os.Symlink(self, shim); err != nil {
		t.Fatal(err)
	}
	checkout, err := FindModule(".", mustWorkingFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (string, error) {
		cmd := exec.Command(shim, args...)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), GoEnv+"="+real, ModuleEnv+"="+checkout, "GOPROXY=off"), extra...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

func mustWorkingFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

const cell = `package main

import (
	"fmt"

	"otherwise/datasets"
)

func main() { fmt.Println(datasets.ClassByName("boot", []string{"sneaker", "boot"})) }
`

func TestShimMakesModuleThatBuildsOffline(t *testing.T) {
	dir := t.TempDir()
	goCommand := shimmed(t, dir)
	if out, err := goCommand("mod", "init", "gonb_1"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	write(t, dir, "main.go", cell)
	if out, err := goCommand("get"); err != nil || out != "" {
		t.Errorf("go get: %v: %s", err, out)
	}
	if out, err := goCommand("build", "-o", "cell"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command(filepath.Join(dir, "cell")).Output(); err != nil || string(out) != "1 <nil>\n" {
		t.Errorf("the cell printed %q, %v", out, err)
	}
}

func TestShimPassesFailuresOn(t *testing.T) {
	dir := t.TempDir()
	goCommand := shimmed(t, dir)
	write(t, dir, "go.mod", "module already\n")
	if out, err := goCommand("mod", "init", "gonb_1"); err == nil || !strings.Contains(out, "already exists") {
		t.Errorf("got %v: %s", err, out)
	}
	if got := read(t, dir, "go.mod"); got != "module already\n" {
		t.Errorf("go.mod was changed: %q", got)
	}
	write(t, dir, "main.go", "package main\n\nfunc main() { undefined() }\n")
	if out, err := goCommand("build"); err == nil || !strings.Contains(out, "undefined: undefined") {
		t.Errorf("got %v: %s", err, out)
	}
}

func TestShimOutsideOfKernel(t *testing.T) {
	for name, hint := range map[string]string{GoEnv: "restart the kernel", ModuleEnv: "otherwise kernel install"} {
		out, err := shimmed(t, t.TempDir(), name+"=")("mod", "init", "gonb_1")
		if err == nil || !strings.Contains(out, name+" isn't set") || !strings.Contains(out, hint) || strings.Count(out, "\n") != 1 {
			t.Errorf("without %s: got %v: %s", name, err, out)
		}
	}
	out, err := shimmed(t, t.TempDir(), GoEnv+"=/none/go")("version")
	if err == nil || !strings.Contains(out, "starting /none/go") {
		t.Errorf("moved go: got %v: %s", err, out)
	}
}

func TestRunShimLeavesOtherNamesAlone(t *testing.T) {
	for _, args := range [][]string{nil, {"otherwise", "go"}, {"/usr/bin/gopls"}} {
		if handled, _ := RunShim(args); handled {
			t.Errorf("%v was taken for the go command", args)
		}
	}
}

func TestCellFlags(t *testing.T) {
	for _, test := range []struct {
		users     string
		workspace bool
		want      string
	}{
		{"", false, "-ldflags=-s -tags=resident,netgo,osusergo -mod=mod"},
		{"-ldflags=-w -buildvcs=false", false, "-ldflags=-s -ldflags=-w -buildvcs=false -tags=resident,netgo,osusergo -mod=mod"},
		{"-tags=a --tags=b,c", true, "-ldflags=-s -tags=resident,netgo,osusergo,a,b,c"},
	} {
		if got := cellFlags(test.users, test.workspace); got != test.want {
			t.Errorf("%q, %v: got %q, want %q", test.users, test.workspace, got, test.want)
		}
	}
}

func TestIsBareGet(t *testing.T) {
	for line, want := range map[string]bool{"get": true, "get -t": true, "get example.com/x": false, "get -u": false, "build": false, "": false} {
		if got := isBareGet(strings.Fields(line)); got != want {
			t.Errorf("%q: got %v", line, got)
		}
	}
}
