package setup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gomlx/compute"
)

// BackendConfig returns the configuration of GoMLX's backend, for compute.NewWithConfig: $GOMLX_BACKEND when it is set, else the
// cache's CUDA plugin where an NVIDIA driver is, else the cache's CPU plugin. With none of them the error says to run
// `otherwise setup`. A configuration may hold for this process only (see plugin.config), so it isn't to be stored.
func BackendConfig() (string, error) {
	return here.backendConfig()
}

func (s site) backendConfig() (string, error) {
	if config := os.Getenv(compute.ConfigEnvVar); config != "" {
		return config, nil
	}
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	p, found := s.choose(cache)
	if !found {
		return "", fmt.Errorf("no XLA plugin in %s: run `otherwise setup`, or set %s (legal are xla:/path/to/plugin.so and go)",
			p.root(cache), compute.ConfigEnvVar)
	}
	return p.config(cache)
}

// choose returns the plugin to use from a cache, or the one to install and false.
func (s site) choose(cache string) (p plugin, found bool) {
	if _, driver := s.driver(); driver && s.pins.GPU.installed(cache) {
		return s.pins.GPU, true
	}
	return s.pins.CPU, s.pins.CPU.installed(cache)
}

// OpenBackend opens the backend that BackendConfig chooses. The caller owns it: Finalize frees it.
func OpenBackend() (compute.Backend, error) {
	config, err := BackendConfig()
	if err != nil {
		return nil, err
	}
	return open(config)
}

func open(config string) (backend compute.Backend, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			backend, err = nil, fmt.Errorf("can't open the backend %q: %w; legal are xla:/path/to/plugin.so and go, in %s",
				config, err, compute.ConfigEnvVar)
		}
	}()
	// go-xla looks for NVIDIA's libraries in one place, and not in that of the wheels, where the plugin finds them itself.
	if err := setDefaultEnv("GOPJRT_CUDA_CHECKS", "0"); err != nil {
		return nil, err
	}
	// On a CPU LLVM's first level of optimisation compiles the methods' programs a fifth sooner, and they run as fast:
	// convolutions and matrix products are library calls, what is left is simple loops. (XLA_FLAGS=... otherwise demo)
	if kind := strings.ToLower(config); strings.HasPrefix(kind, "xla:") && !strings.Contains(kind, "cuda") {
		if err := setDefaultEnv("XLA_FLAGS", "--xla_backend_optimization_level=1"); err != nil {
			return nil, err
		}
	}
	return compute.NewWithConfig(config)
}

// setDefaultEnv sets an environment variable that the user hasn't set.
func setDefaultEnv(name, value string) error {
	if os.Getenv(name) != "" {
		return nil
	}
	return os.Setenv(name, value)
}

// config returns the backend's configuration for a plugin in a cache.
//
// go-xla splits a configuration at commas, and guesses the kind of a plugin from its whole path: "cuda" or "nvidia" anywhere
// in it makes a CUDA plugin, "cpu" a CPU plugin. A cache folder's own name must not decide that. For such a name the
// path goes through this process's open folder, /proc/PID/fd/N, which means the same files.
func (p plugin) config(cache string) (string, error) {
	if !misleading(cache) {
		return "xla:" + p.libraryPath(cache), nil
	}
	root, err := processPath(p.root(cache))
	if err != nil {
		return "", err
	}
	return "xla:" + filepath.Join(root, filepath.FromSlash(p.Library)), nil
}

func misleading(path string) bool {
	path = strings.ToLower(path)
	for _, s := range []string{",", "cuda", "nvidia", "cpu"} {
		if strings.Contains(path, s) {
			return true
		}
	}
	return false
}

// held keeps folders open for as long as the process lives: CUDA's libraries are loaded from them late.
var held = struct {
	sync.Mutex
	folders map[string]*os.File
}{folders: map[string]*os.File{}}

// processPath returns a path of this process for a folder, made of digits instead of names.
func processPath(folder string) (string, error) {
	held.Lock()
	defer held.Unlock()
	f, ok := held.folders[folder]
	if !ok {
		var err error
		if f, err = os.Open(folder); err != nil {
			return "", fmt.Errorf("plugin folder: %w", err)
		}
		held.folders[folder] = f
	}
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd()), nil
}
