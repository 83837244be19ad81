package launch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"otherwise/kernel/wire"
)

// Environment variables between the installed kernel, its launcher, its shim and its cells.
const (
	// ModuleEnv is the folder of the module that cells import.
	ModuleEnv = "OTHERWISE_MODULE"
	// ToolsEnv is the folder with gonb, goimports and gopls.
	ToolsEnv = "OTHERWISE_TOOLS"
	// GoEnv is the real go command, an absolute path.
	GoEnv = "OTHERWISE_GO"
)

// gonbEnvironment is the environment of GoNB, and so of the cells and of all that the user runs from them.
func gonbEnvironment(f folder, opts Options) []string {
	env := variables(os.Environ())
	env.set("PATH", strings.Join([]string{f.bin(), opts.Tools, os.Getenv("PATH")}, string(filepath.ListSeparator)))
	env.set("TMPDIR", f.tmp())
	env.unset("GOTMPDIR") // TMPDIR holds: nothing is left behind
	env.set(GoEnv, opts.Go)
	env.set(ModuleEnv, opts.Module)
	env.unset(compute.ConfigEnvVar) // GoMLX's configuration is the engine's; cells compute there
	if opts.ownEngine() {
		env.set(wire.EngineEnv, "unix:"+f.socket())
	}
	return env
}

// engineEnvironment is the environment of the engine: the user's own.
func engineEnvironment() []string {
	env := variables(os.Environ())
	env.unset(wire.EngineEnv)
	return env
}

// variables are "NAME=value" each.
type variables []string

func (v *variables) unset(name string) {
	*v = slices.DeleteFunc(*v, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
}

func (v *variables) set(name, value string) {
	v.unset(name)
	*v = append(*v, name+"="+value)
}

func (v variables) get(name string) string {
	for _, entry := range v {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}
