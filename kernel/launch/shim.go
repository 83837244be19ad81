package launch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// RunShim plays the go command when the program was started under the name "go", as GoNB does in a kernel, and reports whether
// it was; code is then the exit code. It runs the real go, except for three things:
//
//   - after `go mod init` it makes the new module import the kernel's module, before GoNB goes on;
//   - `go get` without packages, which GoNB runs before each cell is compiled, does nothing: go build, which comes
//     next, gets what is missing, and asks the network only when something is;
//   - go build and go test may change go.mod, leave out debug tables, which halves the time to link a cell, and say beforehand that
//     the disk is full.
func RunShim(args []string) (handled bool, code int) {
	if len(args) == 0 || filepath.Base(args[0]) != "go" {
		return false, 0
	}
	code, err := runGo(args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "otherwise: go in a notebook: %v\n", err)
		return true, 1
	}
	return true, code
}

// runGo returns only when go was a child or couldn't be started; else this process becomes go.
func runGo(args []string) (code int, err error) {
	real := os.Getenv(GoEnv)
	if real == "" {
		return 0, errors.New(GoEnv + " isn't set: this `go` works inside a kernel only, restart the kernel")
	}
	env := variables(os.Environ())
	switch {
	case len(args) >= 2 && args[0] == "mod" && args[1] == "init":
		return initModule(real, args)
	case isBareGet(args) && !inWorkspace("."):
		return 0, nil
	case len(args) > 0 && (args[0] == "build" || args[0] == "test"):
		if err := checkSpace(os.TempDir(), cellSpace); err != nil {
			return 0, err
		}
		env.set("GOFLAGS", cellFlags(env.get("GOFLAGS"), inWorkspace(".")))
	}
	err = syscall.Exec(real, append([]string{"go"}, args...), env)
	return 0, fmt.Errorf("starting %s: %w; restart the kernel if Go was moved", real, err)
}

func initModule(real string, args []string) (code int, err error) {
	checkout := os.Getenv(ModuleEnv)
	if checkout == "" {
		return 0, errors.New(ModuleEnv + " isn't set: run `otherwise kernel install` again and restart the kernel")
	}
	cmd := exec.Command(real, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	var failed *exec.ExitError
	if err := cmd.Run(); errors.As(err, &failed) {
		return max(failed.ExitCode(), 1), nil // go has said why
	} else if err != nil {
		return 0, err
	}
	return 0, addModule(".", checkout)
}

// isBareGet reports whether the command is the one that GoNB runs before each cell: go get, or for tests go get -t.
func isBareGet(args []string) bool {
	return slices.Equal(args, []string{"get"}) || slices.Equal(args, []string{"get", "-t"})
}

// CellTags are the build tags of cells: the packages of this module leave the backends out, which cells have in the engine, and
// Go's own do without cgo, which makes cells link a little faster.
const CellTags = "resident,netgo,osusergo"

// cellFlags are the GOFLAGS to build a cell with. The user's come after ours, and so win, but for -mod; tags add up. In a
// workspace go refuses -mod=mod, and has no need of it.
func cellFlags(users string, workspace bool) string {
	tags := CellTags
	flags := []string{"-ldflags=-s"}
	for _, flag := range strings.Fields(users) {
		if theirs, found := strings.CutPrefix(strings.TrimLeft(flag, "-"), "tags="); found {
			tags += "," + theirs
			continue
		}
		flags = append(flags, flag)
	}
	flags = append(flags, "-tags="+tags)
	if !workspace {
		flags = append(flags, "-mod=mod")
	}
	return strings.Join(flags, " ")
}

// inWorkspace reports whether the module in the folder dir has a go.work beside it, as GoNB's %goworkfix makes it.
func inWorkspace(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.work"))
	return !errors.Is(err, fs.ErrNotExist)
}
