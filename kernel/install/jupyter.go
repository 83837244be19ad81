package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// kernelsFolder is where kernelspecs stand below a Jupyter data folder.
const kernelsFolder = "kernels"

// Place says which of Jupyter's data folders is meant. The zero value is the user's own.
type Place struct {
	User      bool   // the user's own
	Prefix    string // PREFIX/share/jupyter
	SysPrefix bool   // the Python environment's: $VIRTUAL_ENV, else that of the python3 on PATH
}

// folder returns the Jupyter data folder of a place.
func (p Place) folder(ctx context.Context) (string, error) {
	given := 0
	for _, set := range []bool{p.User, p.Prefix != "", p.SysPrefix} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		return "", errors.New("only one of --user, --prefix and --sys-prefix can be given")
	case p.SysPrefix:
		prefix, err := sysPrefix(ctx)
		if err != nil {
			return "", err
		}
		return shared(prefix), nil
	case p.Prefix != "":
		prefix, err := filepath.Abs(p.Prefix)
		if err != nil {
			return "", fmt.Errorf("prefix: %w", err)
		}
		return shared(prefix), nil
	}
	return userFolder()
}

func shared(prefix string) string { return filepath.Join(prefix, "share", "jupyter") }

// userFolder returns the user's Jupyter data folder, by the rules of jupyter_core.
func userFolder() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no home folder: %w; set JUPYTER_DATA_DIR, or use --prefix", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	if data := os.Getenv("XDG_DATA_HOME"); data != "" {
		return filepath.Join(data, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// sysPrefix returns the root of the Python environment in use.
func sysPrefix(ctx context.Context) (string, error) {
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		return env, nil
	}
	out, err := exec.CommandContext(ctx, "python3", "-c", "import sys; print(sys.prefix)").Output()
	if err != nil {
		return "", fmt.Errorf("asking python3 for its prefix: %w; install Python 3, or use --user or --prefix", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// dataFolders lists all of Jupyter's data folders, in the order in which it searches them, each once.
func dataFolders(ctx context.Context) []string {
	candidates := filepath.SplitList(os.Getenv("JUPYTER_PATH"))
	if dir, err := userFolder(); err == nil {
		candidates = append(candidates, dir)
	}
	if prefix, err := sysPrefix(ctx); err == nil { // without a Python there is no such folder
		candidates = append(candidates, shared(prefix))
	}
	candidates = append(candidates, shared("/usr/local"), shared("/usr"))
	seen := map[string]bool{}
	var folders []string
	for _, dir := range candidates {
		if dir = filepath.Clean(dir); !seen[dir] {
			seen[dir] = true
			folders = append(folders, dir)
		}
	}
	return folders
}
