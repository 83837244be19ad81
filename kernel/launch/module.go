package launch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"golang.org/x/mod/modfile"
)

// ModulePath is the path of this module, as cells import it.
const ModulePath = "otherwise"

// replacedVersion stands for the version of a module that is replaced by a folder.
const replacedVersion = "v0.0.0-00010101000000-000000000000"

// addModule lets the module in the folder notebook import the one in the folder checkout, with the very requirements of the
// checkout, so that nothing is left to resolve and cells build without a network.
func addModule(notebook, checkout string) error {
	target := filepath.Join(notebook, "go.mod")
	own, err := parseModule(target)
	if err != nil {
		return err
	}
	theirs, err := parseModule(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return err
	}
	if err := merge(own, theirs, checkout); err != nil {
		return fmt.Errorf("go.mod of the notebook: %w", err)
	}
	text, err := own.Format()
	if err != nil {
		return fmt.Errorf("go.mod of the notebook: %w", err)
	}
	sums, err := os.ReadFile(filepath.Join(checkout, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a module without requirements has none
		return fmt.Errorf("sums of the module %s: %w", ModulePath, err)
	}
	if err := renameio.WriteFile(filepath.Join(notebook, "go.sum"), sums, 0o644); err != nil {
		return fmt.Errorf("go.sum of the notebook: %w", err)
	}
	if err := renameio.WriteFile(target, text, 0o644); err != nil {
		return fmt.Errorf("go.mod of the notebook: %w", err)
	}
	return nil
}

// merge adds the module theirs, which stands in the folder checkout, and all it requires to own.
func merge(own, theirs *modfile.File, checkout string) error {
	if err := own.AddRequire(ModulePath, replacedVersion); err != nil {
		return err
	}
	if err := own.AddReplace(ModulePath, "", checkout, ""); err != nil {
		return err
	}
	for _, r := range theirs.Require {
		own.AddNewRequire(r.Mod.Path, r.Mod.Version, r.Indirect)
	}
	for _, r := range theirs.Replace {
		to := r.New.Path
		if r.New.Version == "" && !filepath.IsAbs(to) { // a folder, seen from the checkout
			to = filepath.Join(checkout, to)
		}
		if err := own.AddReplace(r.Old.Path, r.Old.Version, to, r.New.Version); err != nil {
			return err
		}
	}
	for _, e := range theirs.Exclude {
		if err := own.AddExclude(e.Mod.Path, e.Mod.Version); err != nil {
			return err
		}
	}
	own.Cleanup()
	return nil
}

func parseModule(path string) (*modfile.File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("module: %w", err)
	}
	f, err := modfile.Parse(path, text, nil)
	if err != nil {
		return nil, fmt.Errorf("module: %w", err)
	}
	return f, nil
}

// CheckModule returns nil when dir is the root of a checkout of this module, and else says in a line what it is.
func CheckModule(dir string) error {
	f, err := parseModule(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	if f.Module == nil || f.Module.Mod.Path != ModulePath {
		return fmt.Errorf("%s isn't a checkout of the module %s: its go.mod names another module", dir, ModulePath)
	}
	return nil
}

// FindModule returns the root of the checkout that holds the first of the given folders that is in one at all.
func FindModule(from ...string) (string, error) {
	for _, dir := range from {
		for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
			if CheckModule(dir) == nil {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("no checkout of the module %s at or above %s: run this inside of one, or name it with --module DIR",
		ModulePath, strings.Join(from, " or "))
}
