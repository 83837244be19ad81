package install

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"

	"otherwise/kernel/launch"
	"otherwise/setup"
)

// Options say what to install where.
type Options struct {
	Place       Place
	Name        string    // DefaultName by default
	DisplayName string    // DefaultDisplayName by default
	Module      string    // the checkout for cells; by default the one around the working folder, else around Program
	Program     string    // the otherwise program to copy; this one by default
	Log         io.Writer // receives what is done; nothing by default
}

func (o *Options) complete() error {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if err := checkName(o.Name); err != nil {
		return err
	}
	if o.DisplayName == "" {
		o.DisplayName = DefaultDisplayName
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	var err error
	if o.Program == "" {
		if o.Program, err = os.Executable(); err != nil {
			return fmt.Errorf("path of this program: %w", err)
		}
	}
	if o.Module != "" {
		if o.Module, err = filepath.Abs(o.Module); err != nil {
			return fmt.Errorf("module folder: %w", err)
		}
		return launch.CheckModule(o.Module)
	}
	working, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("working folder: %w", err)
	}
	o.Module, err = launch.FindModule(working, filepath.Dir(o.Program))
	return err
}

// Install builds the kernel's tools unless they are there, copies the program beside them, so that a kernel isn't changed by a
// new build, and writes the kernelspec. It replaces an earlier kernel of the same name, but never another project's. It needs
// the network the first time. Two installations at once are safe.
func Install(ctx context.Context, opts Options) (Kernel, error) {
	if err := opts.complete(); err != nil {
		return Kernel{}, err
	}
	data, err := opts.Place.folder(ctx)
	if err != nil {
		return Kernel{}, err
	}
	folder := filepath.Join(data, kernelsFolder, opts.Name)
	if err := checkOurs(folder); err != nil {
		return Kernel{}, err
	}
	compiler, err := findGo(ctx, opts.Module)
	if err != nil {
		return Kernel{}, err
	}
	box, err := openToolbox(ctx, opts.Log)
	if err != nil {
		return Kernel{}, err
	}
	defer box.close()
	tools, err := box.build(ctx, compiler)
	if err != nil {
		return Kernel{}, err
	}
	if err := warm(ctx, compiler, opts.Module, opts.Log); err != nil {
		return Kernel{}, err
	}
	program, err := box.keep(opts.Program, folder)
	if err != nil {
		return Kernel{}, err
	}
	s := spec{
		Argv:          []string{program, "kernel", "run", "{connection_file}"},
		DisplayName:   opts.DisplayName,
		Language:      "go",
		InterruptMode: "message",
		Env:           map[string]string{launch.ModuleEnv: opts.Module, launch.ToolsEnv: tools, launch.GoEnv: compiler.path},
		Metadata:      metadata{Owner: owner},
	}
	for _, name := range []string{compute.ConfigEnvVar, setup.CacheEnv} {
		if value := os.Getenv(name); value != "" {
			s.Env[name] = value
		}
	}
	if err := s.write(folder); err != nil {
		return Kernel{}, err
	}
	if err := box.discard(); err != nil {
		return Kernel{}, err
	}
	fmt.Fprintf(opts.Log, "Installed the kernel %q (%s) in %s.\n", opts.DisplayName, opts.Name, folder)
	return Kernel{opts.Name, opts.DisplayName, folder, opts.Module, program, tools}, nil
}
