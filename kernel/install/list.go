package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"otherwise/kernel/launch"
)

// Kernel is an installed kernel.
type Kernel struct {
	Name        string
	DisplayName string
	Folder      string // of the kernelspec
	Module      string // the checkout that cells import
	Program     string // the program that Jupyter starts
	Tools       string // the folder with gonb, goimports and gopls
}

// List returns the kernels of this project that Jupyter finds, in the order in which it searches.
func List(ctx context.Context) ([]Kernel, error) {
	var kernels []Kernel
	for _, data := range dataFolders(ctx) {
		found, err := listIn(data)
		if err != nil {
			return nil, err
		}
		kernels = append(kernels, found...)
	}
	return kernels, ctx.Err()
}

func listIn(data string) ([]Kernel, error) {
	entries, err := os.ReadDir(filepath.Join(data, kernelsFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing kernels: %w", err)
	}
	var kernels []Kernel
	for _, entry := range entries {
		folder := filepath.Join(data, kernelsFolder, entry.Name())
		s, err := readSpec(folder)
		if err != nil || s.Metadata.Owner != owner || len(s.Argv) == 0 {
			continue // others' kernels, whole or broken, aren't our business
		}
		kernels = append(kernels, Kernel{
			Name: entry.Name(), DisplayName: s.DisplayName, Folder: folder,
			Module: s.Env[launch.ModuleEnv], Program: s.Argv[0], Tools: s.Env[launch.ToolsEnv],
		})
	}
	return kernels, nil
}

// Check returns nil when all that the kernel needs is still in place, and else says in a line what to do.
func (k Kernel) Check() error {
	for _, path := range []string{k.Program, k.Tools} {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%w; run `otherwise kernel install` again", err)
		}
	}
	if err := launch.CheckModule(k.Module); err != nil {
		return fmt.Errorf("%w; run `otherwise kernel install` again in the checkout", err)
	}
	return nil
}

// Uninstall deletes the kernels of this project with that name wherever Jupyter finds one, and the copies of the program that nothing
// uses then, and returns the kernels' folders. That there is none is an error. The built tools stay.
func Uninstall(ctx context.Context, name string) (removed []string, err error) {
	kernels, err := List(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range kernels {
		if k.Name != name {
			continue
		}
		if err := os.RemoveAll(k.Folder); err != nil {
			return removed, fmt.Errorf("uninstalling: %w", err)
		}
		removed = append(removed, k.Folder)
	}
	if len(removed) == 0 {
		return nil, fmt.Errorf("no kernel of this project is named %q: `otherwise kernel list` shows them", name)
	}
	box, err := openToolbox(ctx, io.Discard)
	if err != nil {
		return removed, err
	}
	defer box.close()
	return removed, box.discard()
}
