package install

import (
	"context"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// toolchain is a Go command.
type toolchain struct {
	path    string // absolute
	version string // such as "go1.26.5"
}

// findGo finds the go command on PATH, and checks that it can build the module in the folder.
func findGo(ctx context.Context, module string) (toolchain, error) {
	text, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return toolchain{}, fmt.Errorf("module: %w", err)
	}
	f, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return toolchain{}, fmt.Errorf("module: %w", err)
	}
	need := "1.26.5"
	if f.Go != nil {
		need = f.Go.Version
	}
	path, err := exec.LookPath("go")
	if err != nil {
		return toolchain{}, fmt.Errorf("no Go toolchain: %w; install Go %s or newer and put it on PATH", err, need)
	}
	if path, err = filepath.Abs(path); err != nil {
		return toolchain{}, fmt.Errorf("go command: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, "env", "GOVERSION")
	cmd.Dir = module // where go.mod may choose a newer toolchain
	out, err := cmd.Output()
	if err != nil {
		return toolchain{}, fmt.Errorf("asking %s for its version: %w; Go %s or newer is needed", path, err, need)
	}
	found := toolchain{path, strings.TrimSpace(string(out))}
	if version.Compare(found.version, "go"+need) < 0 {
		return toolchain{}, fmt.Errorf("%s is %s: Go %s or newer is needed, install it and put it first on PATH", path, found.version, need)
	}
	return found, nil
}
