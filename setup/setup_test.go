package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSetupFetchesOnce(t *testing.T) {
	s, archives := fakeSite(t)
	calls := fakePip(t, archives, copyArchive)

	result, _ := mustSetup(t, s, Options{})
	want := Result{
		Config:  "xla:" + s.pins.CPU.libraryPath(os.Getenv(CacheEnv)),
		Library: s.pins.CPU.libraryPath(os.Getenv(CacheEnv)),
		Fetched: true,
	}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Errorf("first set-up (-want +got):\n%s", diff)
	}
	if got, err := os.ReadFile(result.Library); err != nil || string(got) != fakeLibrary {
		t.Errorf("library: %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(result.Library), "other.h")); err == nil {
		t.Error("a member that isn't needed was unpacked")
	}

	want.Fetched = false
	result, _ = mustSetup(t, s, Options{})
	if diff := cmp.Diff(want, result); diff != "" {
		t.Errorf("second set-up (-want +got):\n%s", diff)
	}
	if got, _ := os.ReadFile(calls); string(got) != "fake-cpu\n" {
		t.Errorf("pip was called for %q, want one download", got)
	}
	if diff := cmp.Diff([]string{s.pins.CPU.Folder}, pluginFiles(t)); diff != "" {
		t.Errorf("cache (-want +got):\n%s", diff)
	}
}

func TestSetupGPU(t *testing.T) {
	s, archives := fakeSite(t)
	fakePip(t, archives, copyArchive)
	s.driver = func() (string, bool) { return "580.1", true }

	result, log := mustSetup(t, s, Options{})
	if !strings.Contains(log, "580.1") || !strings.Contains(log, "otherwise setup --gpu") {
		t.Errorf("with a driver, set-up doesn't offer the CUDA plugin:\n%s", log)
	}
	if result.Library != s.pins.CPU.libraryPath(os.Getenv(CacheEnv)) {
		t.Errorf("library %s, want the CPU's", result.Library)
	}

	result, _ = mustSetup(t, s, Options{GPU: true})
	if result.Library != s.pins.GPU.libraryPath(os.Getenv(CacheEnv)) {
		t.Errorf("library %s, want the GPU's", result.Library)
	}
	root := s.pins.GPU.root(os.Getenv(CacheEnv))
	for name, mode := range map[string]os.FileMode{"nvidia/lib/a.so": 0, "nvidia/bin/ptxas": 0o100} {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode()&0o100 != mode {
			t.Errorf("%s: mode %s", name, info.Mode())
		}
	}

	s.driver = func() (string, bool) { return "", false }
	if config, err := s.backendConfig(); err != nil || !strings.HasSuffix(config, "fake-cpu.so") {
		t.Errorf("without a driver: %q, %v; want the CPU plugin", config, err)
	}
}

func TestSetupLeavesTheUsersBackendAlone(t *testing.T) {
	s, _ := fakeSite(t)
	t.Setenv("GOMLX_BACKEND", "xla:/somewhere/cpu.so")
	result, log := mustSetup(t, s, Options{})
	if diff := cmp.Diff(Result{Config: "xla:/somewhere/cpu.so"}, result); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(log, "GOMLX_BACKEND=xla:/somewhere/cpu.so is set") {
		t.Errorf("log: %s", log)
	}
	if _, err := os.Stat(os.Getenv(CacheEnv)); err == nil {
		t.Error("a cache folder was made")
	}
}

func TestSetupAdoptsALibraryPutByHand(t *testing.T) {
	s, _ := fakeSite(t) // no pip
	library := s.pins.CPU.libraryPath(os.Getenv(CacheEnv))
	write(t, library, fakeLibrary, 0o644)
	if _, err := s.backendConfig(); err == nil {
		t.Error("an unchecked library is used")
	}
	result, _ := mustSetup(t, s, Options{})
	if result.Library != library || result.Fetched {
		t.Errorf("got %+v", result)
	}
	if _, err := s.backendConfig(); err != nil {
		t.Error(err)
	}
}

func TestSetupReplacesADamagedLibrary(t *testing.T) {
	for name, text := range map[string]string{"short": "half", "same length": strings.Repeat("x", len(fakeLibrary))} {
		t.Run(name, func(t *testing.T) {
			s, archives := fakeSite(t)
			fakePip(t, archives, copyArchive)
			library := s.pins.CPU.libraryPath(os.Getenv(CacheEnv))
			write(t, library, text, 0o644)
			result, log := mustSetup(t, s, Options{})
			if got, _ := os.ReadFile(library); string(got) != fakeLibrary || !result.Fetched {
				t.Errorf("library %q, result %+v", got, result)
			}
			if !strings.Contains(log, "will be replaced") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestSetupOfNewPinsReplacesTheOldPlugin(t *testing.T) {
	s, archives := fakeSite(t)
	calls := fakePip(t, archives, copyArchive)
	mustSetup(t, s, Options{})

	w, archive := fakeWheel(t, "fake-cpu", "lib/fake-cpu.so", member{"lib/fake-cpu.so", fakeLibrary, 0o755}, member{"new", "", 0o644})
	write(t, filepath.Join(archives, w.File), string(archive), 0o644)
	s.pins.CPU.Wheels = []wheel{w}
	s.pins.CPU.LibrarySHA256 = hexSum([]byte("of another version"))
	if _, err := s.backendConfig(); err == nil {
		t.Error("a plugin of other pins is used")
	}
	mustSetup(t, s, Options{})
	if got, _ := os.ReadFile(calls); string(got) != "fake-cpu\nfake-cpu\n" {
		t.Errorf("pip was called for %q, want two downloads", got)
	}
}

func TestSetupErrors(t *testing.T) {
	const byHand = "To put it in place by hand"
	for _, test := range []struct {
		name   string
		script string // of pip; none when empty
		change func(*testing.T, *site)
		want   []string
	}{
		{name: "no pip", want: []string{"pip wasn't found", "apt-get install python3-pip", byHand, "GOMLX_BACKEND=xla:/path/to/fake-cpu.so"}},
		{
			name: "no network", script: "echo 'ERROR: No matching distribution found for fake-cpu==1.0' >&2; exit 1",
			want: []string{"No matching distribution", "exit status 1", byHand},
		},
		{name: "wrong archive", script: `echo something else > "$dest/$name-1.0-py3-none-any.whl"`, want: []string{"SHA-256", byHand}},
		{
			name: "half an archive", script: `head -c 50 "$archives/$name-1.0-py3-none-any.whl" > "$dest/$name-1.0-py3-none-any.whl"`,
			want: []string{"SHA-256", "50 bytes", byHand},
		},
		{name: "other file", script: `echo > "$dest/$name-2.0-py3-none-any.whl"`, want: []string{"saved no fake-cpu-1.0-py3-none-any.whl", byHand}},
		{
			name: "no room", script: copyArchive,
			change: func(_ *testing.T, s *site) { s.pins.CPU.Wheels[0].Size = 1 << 60 },
			want:   []string{"not enough room", CacheEnv},
		},
		{
			name: "other platform", script: copyArchive,
			change: func(_ *testing.T, s *site) { s.platform = "plan9/arm" },
			want:   []string{"plan9/arm", "linux/amd64", "GOMLX_BACKEND=go"},
		},
		{
			name: "a file in place of the cache", script: copyArchive,
			change: func(t *testing.T, _ *site) { write(t, os.Getenv(CacheEnv), "", 0o644) },
			want:   []string{"can't be written", "set " + CacheEnv},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, archives := fakeSite(t)
			if test.script != "" {
				fakePip(t, archives, test.script)
			}
			if test.change != nil {
				test.change(t, &s)
			}
			_, err := s.setup(context.Background(), Options{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q:\n%v", want, err)
				}
			}
			if _, err := s.backendConfig(); err == nil {
				t.Error("a plugin is used")
			}
			if info, err := os.Stat(os.Getenv(CacheEnv)); err == nil && info.IsDir() {
				if diff := cmp.Diff([]string{}, pluginFiles(t)); diff != "" {
					t.Errorf("left behind (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestSetupGPUByHandMessage(t *testing.T) {
	s, archives := fakeSite(t)
	fakePip(t, archives, `[ "$name" != fake-nvidia ] && `+copyArchive)
	_, err := s.setup(context.Background(), Options{GPU: true})
	if err == nil || !strings.Contains(err.Error(), "PIP_FIND_LINKS") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{s.pins.CPU.Folder}, pluginFiles(t)); diff != "" {
		t.Errorf("cache (-want +got):\n%s", diff)
	}
}

func TestSetupStops(t *testing.T) {
	s, archives := fakeSite(t)
	started := filepath.Join(t.TempDir(), "started")
	fakePip(t, archives, `echo half > "$dest/$name-1.0-py3-none-any.whl"
sleep 600 &
echo $! > '`+started+`.part' && mv '`+started+`.part' '`+started+`'
wait`)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		waitFor(started)
		cancel()
	}()
	_, err := s.setup(ctx, Options{})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "nothing was installed") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{}, pluginFiles(t)); diff != "" {
		t.Errorf("left behind (-want +got):\n%s", diff)
	}
	child, err := os.ReadFile(started)
	if err != nil {
		t.Fatal(err)
	}
	// A killed child may stand there as a zombie until somebody asks for it.
	stat, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(child)), "stat"))
	if err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("what pip started still runs: %s", stat)
	}
}

func TestSetupSweepsWhatKilledSetupsLeft(t *testing.T) {
	s, archives := fakeSite(t)
	fakePip(t, archives, copyArchive)
	write(t, filepath.Join(os.Getenv(CacheEnv), pluginsFolder, stagePrefix+"123", "download", "half.whl"), "half", 0o644)
	mustSetup(t, s, Options{})
	if diff := cmp.Diff([]string{s.pins.CPU.Folder}, pluginFiles(t)); diff != "" {
		t.Errorf("cache (-want +got):\n%s", diff)
	}
}
