package setup

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestBackendConfig(t *testing.T) {
	s, archives := fakeSite(t)
	if _, err := s.backendConfig(); err == nil || !strings.Contains(err.Error(), "run `otherwise setup`") {
		t.Errorf("without a plugin: %v", err)
	}
	fakePip(t, archives, copyArchive)
	mustSetup(t, s, Options{})
	config, err := s.backendConfig()
	if want := "xla:" + s.pins.CPU.libraryPath(os.Getenv(CacheEnv)); err != nil || config != want {
		t.Errorf("got %q, %v; want %q", config, err, want)
	}
	t.Setenv("GOMLX_BACKEND", "go")
	if config, err := s.backendConfig(); err != nil || config != "go" {
		t.Errorf("with GOMLX_BACKEND=go: %q, %v", config, err)
	}
}

// go-xla takes a comma for the start of options, and a folder's name for the kind of the plugin.
func TestBackendConfigOfAMisleadingCache(t *testing.T) {
	plain := regexp.MustCompile(`^xla:/proc/\d+/fd/\d+/lib/fake-cpu\.so$`)
	for _, name := range []string{"one, two", "CUDA course", "nvidia", "of-cpu"} {
		s, archives := fakeSite(t)
		t.Setenv(CacheEnv, filepath.Join(t.TempDir(), name))
		fakePip(t, archives, copyArchive)
		result, _ := mustSetup(t, s, Options{})
		if !plain.MatchString(result.Config) {
			t.Errorf("%s: configuration %q", name, result.Config)
		}
		got, err := os.ReadFile(strings.TrimPrefix(result.Config, "xla:"))
		if err != nil || string(got) != fakeLibrary {
			t.Errorf("%s: it leads to %q, %v", name, got, err)
		}
	}
}

func TestOpenBackend(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "go")
	backend, err := OpenBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	if n := backend.NumDevices(); n != 1 {
		t.Errorf("%d devices", n)
	}
}

func TestOpenBackendErrors(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken_cpu.so")
	write(t, broken, "not a library", 0o644)
	for _, config := range []string{"nonsense", "xla:" + broken, "xla:/no/such/file.so"} {
		t.Setenv("GOMLX_BACKEND", config)
		backend, err := OpenBackend()
		if err == nil || backend != nil || !strings.Contains(err.Error(), config) || !strings.Contains(err.Error(), "legal are") {
			t.Errorf("%s: got %v, %v", config, backend, err)
		}
	}
}

// The real plugin opens from its place, and from a cache whose name would mislead go-xla.
func TestOpenBackendXLA(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "")
	cache, err := CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if !pinned.CPU.installed(cache) {
		t.Skip("the XLA plugin isn't installed: otherwise setup")
	}
	misleading := filepath.Join(t.TempDir(), "cuda, and a space")
	if err := os.MkdirAll(filepath.Join(misleading, pluginsFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(pinned.CPU.root(cache), pinned.CPU.root(misleading)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{cache, misleading} {
		t.Setenv(CacheEnv, dir)
		backend, err := OpenBackend()
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		if name, n := backend.Name(), backend.NumDevices(); name != "xla" || n < 1 {
			t.Errorf("%s: backend %q with %d devices", dir, name, n)
		}
		backend.Finalize()
	}
}
