package install

import (
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/gomlx/compute"

	"otherwise/kernel/launch"
	"otherwise/setup"
)

func TestInstall(t *testing.T) {
	d := newDesk(t)
	t.Setenv(compute.ConfigEnvVar, "xla:cuda")
	t.Setenv("JUPYTER_DATA_DIR", filepath.Join(d.home, "jupyter data"))
	k := d.install(t, d.options())

	if want := filepath.Join(d.home, "jupyter data", "kernels", "otherwise"); k.Folder != want {
		t.Errorf("folder: got %s, want %s", k.Folder, want)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(read(t, filepath.Join(k.Folder, "kernel.json"))), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"argv":           []any{k.Program, "kernel", "run", "{connection_file}"},
		"display_name":   "Go (Otherwise)",
		"language":       "go",
		"interrupt_mode": "message",
		"env": map[string]any{
			launch.ModuleEnv: d.checkout, launch.ToolsEnv: k.Tools, launch.GoEnv: filepath.Join(filepath.Dir(d.calls), "go", "go"),
			compute.ConfigEnvVar: "xla:cuda", setup.CacheEnv: os.Getenv(setup.CacheEnv),
		},
		"metadata": map[string]any{"debugger": false, "owner": "otherwise"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kernel.json (-want +got):\n%s", diff)
	}
	if got := read(t, k.Program); got != "the program" {
		t.Errorf("the program's copy holds %q", got)
	}
	if info, err := os.Stat(k.Program); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the program's copy: %v, %v", info.Mode(), err)
	}
	for name, module := range map[string]string{"gonb": "gonb", "goimports": "gopls", "gopls": "gopls"} {
		sums, err := pins.ReadFile(module + ".sum")
		if err != nil || read(t, filepath.Join(k.Tools, name)) != string(sums) {
			t.Errorf("%s wasn't built from the pins of %s: %v", name, module, err)
		}
	}
	if err := k.Check(); err != nil {
		t.Error(err)
	}
}

func TestLogos(t *testing.T) {
	d := newDesk(t)
	k := d.install(t, d.options())
	for name, size := range map[string]int{"logo-32x32.png": 32, "logo-64x64.png": 64} {
		f, err := os.Open(filepath.Join(k.Folder, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if config, err := png.DecodeConfig(f); err != nil || config.Width != size || config.Height != size {
			t.Errorf("%s: %dx%d, %v", name, config.Width, config.Height, err)
		}
	}
	if svg := read(t, filepath.Join(k.Folder, "logo-svg.svg")); !strings.HasPrefix(svg, "<svg") {
		t.Errorf("logo-svg.svg starts with %.20q", svg)
	}
}

func TestToolsAreBuiltOnce(t *testing.T) {
	d := newDesk(t)
	first := d.install(t, d.options())
	second := d.install(t, d.options())
	if second.Tools != first.Tools || first.Program != second.Program {
		t.Errorf("got %+v and %+v", first, second)
	}
	if builds := strings.Count(read(t, d.calls), " -o "); builds != len(toolsets) {
		t.Errorf("%d builds:\n%s", builds, read(t, d.calls))
	}

	t.Setenv("FAKE_VERSION", "go1.27.0")
	if fourth := d.install(t, d.options()); fourth.Tools == first.Tools {
		t.Error("a newer Go uses the old tools")
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv(setup.CacheEnv), toolsFolder, unfinished+"*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestInstallReplacesOnlyItsOwn(t *testing.T) {
	d := newDesk(t)
	opts := d.options()
	opts.Place.Prefix = filepath.Join(d.home, "prefix")
	opts.Name = "go"
	k := d.install(t, opts)
	d.write(t, filepath.Join(k.Folder, "left.txt"), "from an older version")
	opts.DisplayName = "Go again"
	d.install(t, opts)
	if s, err := readSpec(k.Folder); err != nil || s.DisplayName != "Go again" {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := os.Stat(filepath.Join(k.Folder, "left.txt")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old folder wasn't replaced: %v", err)
	}
	data := filepath.Dir(filepath.Dir(k.Folder))
	if entries, err := os.ReadDir(data); err != nil || len(entries) != 1 {
		t.Errorf("left in %s: %v, %v", data, entries, err)
	}

	const theirs = `{"argv": ["theirs"], "display_name": "Theirs"}`
	d.write(t, filepath.Join(data, kernelsFolder, "theirs", specFile), theirs)
	opts.Name = "theirs"
	if _, err := Install(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "choose another --name") {
		t.Errorf("got %v", err)
	}
	if got := read(t, filepath.Join(data, kernelsFolder, "theirs", specFile)); got != theirs {
		t.Errorf("their kernel is now %s", got)
	}
}

func TestInstallErrors(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*testing.T, *desk, *Options)
		want    string
	}{
		"no go": {func(t *testing.T, d *desk, _ *Options) { t.Setenv("PATH", d.home) }, "install Go 1.26.5 or newer"},
		"old go": {func(t *testing.T, _ *desk, _ *Options) { t.Setenv("FAKE_VERSION", "go1.25.1") },
			"is go1.25.1: Go 1.26.5 or newer is needed"},
		"other module": {func(t *testing.T, d *desk, _ *Options) {
			d.write(t, filepath.Join(d.checkout, "go.mod"), "module example.com/other\n")
		}, "names another module"},
		"no module": {func(t *testing.T, d *desk, o *Options) {
			t.Chdir(filepath.Dir(d.program))
			o.Module = ""
		}, "--module DIR"},
		"name":       {func(_ *testing.T, _ *desk, o *Options) { o.Name = "../evil" }, "legal are small letters"},
		"two places": {func(_ *testing.T, _ *desk, o *Options) { o.Place = Place{User: true, Prefix: "x"} }, "only one of"},
		"offline": {func(t *testing.T, _ *desk, _ *Options) { t.Setenv("FAKE_FAILURE", "module lookup disabled") },
			"module lookup disabled; it needs Go's module proxy"},
		"file in the way": {func(t *testing.T, d *desk, o *Options) {
			d.write(t, filepath.Join(d.home, "file"), "")
			o.Place.Prefix = filepath.Join(d.home, "file")
		}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			opts := d.options()
			test.prepare(t, d, &opts)
			_, err := Install(t.Context(), opts)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if kernels, err := List(t.Context()); err != nil || len(kernels) != 0 {
				t.Errorf("a kernel was installed nevertheless: %v, %v", kernels, err)
			}
		})
	}
}

func TestInstallWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	d := newDesk(t)
	opts := d.options()
	opts.Place.Prefix = filepath.Join(d.home, "locked")
	if err := os.MkdirAll(d.home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(opts.Place.Prefix, 0o555); err != nil {
		t.Fatal(err)
	}
	if _, err := Install(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "use --user, or --prefix") {
		t.Errorf("got %v", err)
	}
}

func TestInstallStopsWithContext(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Install(ctx, d.options()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFindsModuleAroundWorkingFolder(t *testing.T) {
	d := newDesk(t)
	deep := filepath.Join(d.checkout, "notebooks")
	if err := os.Mkdir(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(deep)
	opts := d.options()
	opts.Module = ""
	if k := d.install(t, opts); k.Module != d.checkout {
		t.Errorf("got %s, want %s", k.Module, d.checkout)
	}
}

func TestPlaces(t *testing.T) {
	d := newDesk(t)
	home := filepath.Join(d.home, ".local", "share", "jupyter")
	if runtime.GOOS == "darwin" {
		home = filepath.Join(d.home, "Library", "Jupyter")
	}
	check := func(what string, p Place, want string) {
		t.Helper()
		if got, err := p.folder(t.Context()); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", what, got, err, want)
		}
	}
	check("default", Place{}, home)
	check("user", Place{User: true}, home)
	check("prefix", Place{Prefix: "/opt/j"}, "/opt/j/share/jupyter")
	d.write(t, filepath.Join(filepath.Dir(d.calls), "go", "python3"), "#!/bin/sh\necho '/a python'\n")
	check("python", Place{SysPrefix: true}, "/a python/share/jupyter")
	t.Setenv("VIRTUAL_ENV", "/venv")
	check("virtual environment", Place{SysPrefix: true}, "/venv/share/jupyter")
	if runtime.GOOS != "darwin" {
		t.Setenv("XDG_DATA_HOME", "/data")
		check("XDG", Place{}, "/data/jupyter")
	}
	t.Setenv("JUPYTER_DATA_DIR", "/own")
	check("JUPYTER_DATA_DIR", Place{}, "/own")
}

func TestListAndUninstall(t *testing.T) {
	d := newDesk(t)
	user := d.install(t, d.options())
	t.Setenv("VIRTUAL_ENV", filepath.Join(d.home, "venv"))
	opts := d.options()
	opts.Place.SysPrefix = true
	env := d.install(t, opts)
	d.write(t, filepath.Join(filepath.Dir(user.Folder), "theirs", specFile), `{"argv": ["theirs"]}`)
	d.write(t, filepath.Join(filepath.Dir(user.Folder), "broken", specFile), `{`)

	kernels, err := List(t.Context())
	if diff := cmp.Diff([]Kernel{user, env}, kernels); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, path := range []string{user.Module, user.Tools, user.Program} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := user.Check(); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "otherwise kernel install") {
			t.Errorf("without %s: got %v", path, err)
		}
	}
	removed, err := Uninstall(t.Context(), DefaultName)
	if diff := cmp.Diff([]string{user.Folder, env.Folder}, removed); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv(setup.CacheEnv), toolsFolder, programPrefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := Uninstall(t.Context(), "theirs"); err == nil || !strings.Contains(err.Error(), "no kernel of this project") {
		t.Errorf("theirs: got %v", err)
	}
	if got := read(t, filepath.Join(filepath.Dir(user.Folder), "theirs", specFile)); got != `{"argv": ["theirs"]}` {
		t.Errorf("their kernel is now %s", got)
	}
}

func TestUnfinishedWorkIsSwept(t *testing.T) {
	d := newDesk(t)
	left := filepath.Join(os.Getenv(setup.CacheEnv), toolsFolder, unfinished+"1", "file")
	d.write(t, left, "of an installation that was killed")
	d.install(t, d.options())
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestProgramIsKeptWhileUsed(t *testing.T) {
	d := newDesk(t)
	first := d.install(t, d.options())
	launcher, err := launch.LockProgram(first.Program)
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, d.program, "the program, built again")
	second := d.install(t, d.options())
	if second.Program == first.Program || read(t, first.Program) != "the program" {
		t.Error("a new build of the program changed the copy that a kernel runs")
	}
	launcher.Close()
	opts := d.options()
	opts.Name = "another"
	another := d.install(t, opts)
	if _, err := os.Stat(first.Program); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy that nothing uses is still there: %v", err)
	}
	if another.Program != second.Program || read(t, second.Program) != "the program, built again" {
		t.Errorf("got %+v and %+v", second, another)
	}
}

func TestPackagesAreCompiledForCells(t *testing.T) {
	d := newDesk(t)
	d.install(t, d.options())
	if calls := read(t, d.calls); !strings.Contains(calls, "build -tags=resident,netgo,osusergo otherwise/datasets otherwise/eced\n") {
		t.Errorf("calls of go:\n%s", calls)
	}
	t.Setenv("FAKE_WARMTH", "eced.go:1: syntax error")
	d.install(t, d.options())
	if !strings.Contains(d.log.String(), "Not all could be compiled: eced.go:1: syntax error\n") {
		t.Errorf("log:\n%s", d.log.String())
	}
}

func TestTwoInstallationsAtOnce(t *testing.T) {
	d := newDesk(t)
	var done errgroup.Group
	for _, name := range []string{"one", "two"} {
		opts := d.options()
		opts.Name, opts.Log = name, nil
		done.Go(func() error {
			_, err := Install(t.Context(), opts)
			return err
		})
	}
	if err := done.Wait(); err != nil {
		t.Fatal(err)
	}
	if kernels, err := List(t.Context()); err != nil || len(kernels) != 2 || kernels[0].Program != kernels[1].Program {
		t.Errorf("got %v, %v", kernels, err)
	}
	if builds := strings.Count(read(t, d.calls), " -o "); builds != len(toolsets) {
		t.Errorf("%d builds:\n%s", builds, read(t, d.calls))
	}
}
