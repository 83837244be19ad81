package install

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/google/renameio/v2"
)

const (
	// DefaultName is the name of the kernel's folder, and what a notebook calls its kernel.
	DefaultName = "otherwise"
	// DefaultDisplayName is what people choose in Jupyter.
	DefaultDisplayName = "Go (Otherwise)"
)

// specFile is the description in a kernelspec's folder.
const specFile = "kernel.json"

// owner marks our kernelspecs in their metadata.
const owner = "otherwise"

//go:embed logo/logo-32x32.png logo/logo-64x64.png logo/logo-svg.svg
var logos embed.FS

// spec is a kernel.json.
type spec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env,omitempty"`
	Metadata      metadata          `json:"metadata"`
}

type metadata struct {
	Debugger bool   `json:"debugger"`
	Owner    string `json:"owner,omitempty"`
}

var legalName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

func checkName(name string) error {
	if !legalName.MatchString(name) {
		return fmt.Errorf("kernel name %q: legal are small letters, digits, and after the first also '.', '_' and '-'", name)
	}
	return nil
}

// readSpec reads the kernelspec in a folder. One that isn't there is an error that is fs.ErrNotExist.
func readSpec(folder string) (spec, error) {
	text, err := os.ReadFile(filepath.Join(folder, specFile))
	if err != nil {
		return spec{}, err
	}
	var s spec
	if err := json.Unmarshal(text, &s); err != nil {
		return spec{}, fmt.Errorf("%s: %w", filepath.Join(folder, specFile), err)
	}
	return s, nil
}

// checkOurs returns an error unless a folder may be replaced or deleted: it isn't there, or it holds a kernelspec of ours.
func checkOurs(folder string) error {
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("place of the kernel: %w; use --user, or --prefix with a folder of yours", err)
	}
	if s, err := readSpec(folder); err != nil || s.Metadata.Owner != owner {
		return fmt.Errorf("%s holds another kernel: choose another --name, or delete it with `jupyter kernelspec remove`", folder)
	}
	return nil
}

// stagePrefix begins the names of folders in the making, beside the folder of kernels, where Jupyter doesn't look.
const stagePrefix = ".otherwise-kernel-"

// write puts the kernelspec into the folder, which is below a Jupyter data folder, all of it at once: it is made beside the
// folder of kernels and moved there.
func (s spec) write(folder string) error {
	kernels := filepath.Dir(folder)
	data := filepath.Dir(kernels)
	if err := os.MkdirAll(kernels, 0o755); err != nil {
		return unwritable(data, err)
	}
	if err := checkOurs(folder); err != nil {
		return err
	}
	stage, err := os.MkdirTemp(data, stagePrefix)
	if err != nil {
		return unwritable(data, err)
	}
	defer os.RemoveAll(stage)
	made := filepath.Join(stage, "new")
	if err := s.writeFiles(made); err != nil {
		return unwritable(data, err)
	}
	if err := os.Rename(folder, filepath.Join(stage, "old")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(data, err)
	}
	if err := os.Rename(made, folder); err != nil {
		return unwritable(data, err)
	}
	return nil
}

func (s spec) writeFiles(folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(folder, specFile), append(text, '\n'), 0o644); err != nil {
		return err
	}
	entries, err := logos.ReadDir("logo")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		picture, err := logos.ReadFile("logo/" + entry.Name())
		if err != nil {
			return err
		}
		if err := renameio.WriteFile(filepath.Join(folder, entry.Name()), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func unwritable(data string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("the Jupyter folder can't be written: %w; use --user, or --prefix with a folder of yours", err)
	}
	return fmt.Errorf("folder %s of Jupyter: %w", data, err)
}
