package launch

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"otherwise/kernel/wire"
)

// A gonb that starts a cell, in its own process group, and a gopls, in one of its own, as the real one does; a SIGINT is
// written down, SIGTERM ends it.
const fakeGonb = `#!/bin/bash
cd "$TEST_FOLDER"
trap 'echo interrupted > interrupted' INT
trap 'exit 0' TERM
sleep 1000 & echo $! > cell.pid
set -m; sleep 1000 & echo $! > gopls.pid; set +m
env > gonb.env
echo $$ > gonb.pid
while true; do sleep 0.02; done
`

const fakeEngine = `#!/bin/bash
echo "$@" > "$TEST_FOLDER/engine.args"
echo $$ >> "$TEST_FOLDER/engine.pids"
if [ -e "$TEST_FOLDER/restart" ]; then rm "$TEST_FOLDER/restart"; exit 75; fi
echo "the engine runs"
exec sleep 1000
`

// kernel is a launcher with fakes, running as processes of their own.
type kernel struct {
	t        *testing.T
	folder   string // where the fakes leave their notes
	base     string // below which the launcher makes its folder
	launcher *exec.Cmd
	done     chan error
}

// underJupyter makes startKernel start the launcher from a process that stands in for Jupyter.
const underJupyter = "TEST_UNDER_JUPYTER=1"

func startKernel(t *testing.T, env ...string) *kernel {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the fakes need bash")
	}
	k := &kernel{t: t, folder: t.TempDir(), base: shortTemp(t), done: make(chan error, 1)}
	for name, text := range map[string]string{
		"gonb": fakeGonb, "goimports": "#!/bin/sh\n", "gopls": "#!/bin/sh\n", "engine": fakeEngine,
		"kernel.json": goodConnection, "go.mod": "module otherwise\n",
	} {
		write(t, k.folder, name, text)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	k.launcher = exec.Command(self, "test-launcher", filepath.Join(k.folder, "kernel.json"), k.base, filepath.Join(k.folder, "engine"))
	if slices.Contains(env, underJupyter) {
		// The shell stands in for Jupyter, and the tests' process to signal is the shell.
		k.launcher = exec.Command("bash", append([]string{"-c", `JPY_PARENT_PID=$$ "$0" "$@" & wait`}, k.launcher.Args...)...)
	}
	k.launcher.Env = append(os.Environ(), append([]string{
		"TEST_FOLDER=" + k.folder, ModuleEnv + "=" + k.folder, ToolsEnv + "=" + k.folder, wire.EngineEnv + "=", "GOMLX_BACKEND=xla:test",
	}, env...)...)
	k.launcher.Stdout, k.launcher.Stderr = t.Output(), t.Output()
	if err := k.launcher.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { k.done <- k.launcher.Wait() }()
	t.Cleanup(func() { k.launcher.Process.Kill() })
	k.pid("gonb.pid")
	return k
}

// within waits until a condition holds. Its limit is far above what anything here takes; it ends a test that would hang.
func (k *kernel) within(what string, holds func() bool) {
	k.t.Helper()
	for range 3000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	k.t.Fatalf("waited in vain: %s", what)
}

// pid waits for a fake's note of its process id.
func (k *kernel) pid(name string) (pid int) {
	k.t.Helper()
	k.within(name, func() bool {
		text, _ := os.ReadFile(filepath.Join(k.folder, name))
		line, _, whole := strings.Cut(string(text), "\n")
		pid, _ = strconv.Atoi(line)
		return whole
	})
	return pid
}

// engines waits until the engine was started n times and returns their process ids.
func (k *kernel) engines(n int) (pids []int) {
	k.t.Helper()
	k.within("engine starts", func() bool {
		pids = nil
		text, _ := os.ReadFile(filepath.Join(k.folder, "engine.pids"))
		for _, field := range strings.Fields(string(text)) {
			pid, _ := strconv.Atoi(field)
			pids = append(pids, pid)
		}
		return len(pids) >= n
	})
	return pids
}

// nothingIsLeft checks that the processes end, and that the kernel's folder is gone.
func (k *kernel) nothingIsLeft(pids ...int) {
	k.t.Helper()
	for _, pid := range pids {
		k.within("end of process "+strconv.Itoa(pid), func() bool { return !running(pid) })
	}
	k.within("the kernel's folder goes", func() bool {
		left, _ := filepath.Glob(filepath.Join(k.base, "*", "*"))
		return len(left) == 0
	})
}

// running reports whether a process runs; one that ended and whose parent doesn't look doesn't.
func running(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(out), "Z")
}

func parent(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	ppid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return ppid
}

func TestKillingAnyProcessLeavesNothing(t *testing.T) {
	for _, victim := range []string{"launcher", "guard", "gonb"} {
		t.Run(victim, func(t *testing.T) {
			k := startKernel(t)
			gonb, cell, gopls, engine := k.pid("gonb.pid"), k.pid("cell.pid"), k.pid("gopls.pid"), k.engines(1)[0]
			guard := parent(t, gonb)
			pid := map[string]int{"launcher": k.launcher.Process.Pid, "guard": guard, "gonb": gonb}[victim]
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := <-k.done; err == nil {
				t.Error("the launcher ended as if all were well")
			}
			k.nothingIsLeft(guard, gonb, cell, gopls, engine)
		})
	}
}

func TestKillingJupyterEndsKernel(t *testing.T) {
	k := startKernel(t, underJupyter)
	gonb, engine := k.pid("gonb.pid"), k.engines(1)[0]
	guard := parent(t, gonb)
	launcher := parent(t, guard)
	if parent(t, launcher) != k.launcher.Process.Pid {
		t.Fatal("the stand-in for Jupyter isn't the launcher's parent")
	}
	if err := k.launcher.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	k.nothingIsLeft(launcher, guard, gonb, engine)
}

func TestSignalsEndKernel(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		k := startKernel(t)
		pids := []int{k.pid("gonb.pid"), k.pid("cell.pid"), k.pid("gopls.pid"), k.engines(1)[0]}
		if err := k.launcher.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if err := <-k.done; err != nil {
			t.Errorf("%v: %v", sig, err)
		}
		k.nothingIsLeft(pids...)
	}
}

func TestInterruptReachesGonbAlone(t *testing.T) {
	k := startKernel(t)
	engine := k.engines(1)[0]
	if err := k.launcher.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	k.within("gonb is interrupted", func() bool {
		_, err := os.Stat(filepath.Join(k.folder, "interrupted"))
		return err == nil
	})
	if !running(engine) || !running(k.pid("gonb.pid")) || len(k.engines(1)) != 1 {
		t.Error("the interrupt ended more than the cell")
	}
	k.launcher.Process.Signal(syscall.SIGTERM)
	<-k.done
	k.nothingIsLeft(engine)
}

func TestKilledEngineIsStartedAgain(t *testing.T) {
	k := startKernel(t)
	first := k.engines(1)[0]
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	pids := k.engines(2)
	if pids[0] == pids[1] || !running(k.pid("gonb.pid")) {
		t.Errorf("engines %v", pids)
	}
	k.launcher.Process.Signal(syscall.SIGTERM)
	<-k.done
	k.nothingIsLeft(pids...)
}

func TestCellEnvironment(t *testing.T) {
	k := startKernel(t)
	env := variables(strings.Split(read(t, k.folder, "gonb.env"), "\n"))
	folders, err := filepath.Glob(filepath.Join(k.base, "*", "*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("the kernel's folders are %v, %v", folders, err)
	}
	folder := folders[0]
	if got, want := env.get(wire.EngineEnv), "unix:"+folder+"/engine.sock"; got != want {
		t.Errorf("engine: got %s, want %s", got, want)
	}
	if got, want := read(t, k.folder, "engine.args"), "--socket "+folder+"/engine.sock\n"; got != want {
		t.Errorf("the engine's arguments: got %s, want %s", got, want)
	}
	if got, want := env.get("PATH"), folder+"/bin:"+k.folder+":"; !strings.HasPrefix(got, want) {
		t.Errorf("PATH: got %s, want %s first", got, want)
	}
	if got, want := env.get("TMPDIR"), folder+"/tmp"; got != want {
		t.Errorf("TMPDIR: got %s, want %s", got, want)
	}
	if slices.ContainsFunc(env, func(entry string) bool { return strings.HasPrefix(entry, compute.ConfigEnvVar) }) {
		t.Error("cells are told the engine's backend")
	}
	if link, err := os.Readlink(filepath.Join(folder, "bin", "go")); err != nil || link == "" {
		t.Errorf("no shim: %v", err)
	}
	k.launcher.Process.Signal(syscall.SIGTERM)
	<-k.done
}

func TestSharedEngine(t *testing.T) {
	k := startKernel(t, wire.EngineEnv+"=unix:/somewhere/else.sock")
	if got := variables(strings.Split(read(t, k.folder, "gonb.env"), "\n")).get(wire.EngineEnv); got != "unix:/somewhere/else.sock" {
		t.Errorf("cells got the engine %q", got)
	}
	k.launcher.Process.Signal(syscall.SIGTERM)
	<-k.done
	if _, err := os.Stat(filepath.Join(k.folder, "engine.pids")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an own engine was started: %v", err)
	}
}

func TestGuardRefusesToRunAlone(t *testing.T) {
	if err := Guard(strings.NewReader("{}"), t.Output()); err == nil || !strings.Contains(err.Error(), "must lead a session") {
		t.Errorf("got %v", err)
	}
}

func TestRunNamesWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "kernel.json", goodConnection)
	write(t, dir, "go.mod", "module otherwise\n")
	for _, test := range []struct {
		opts Options
		want string
	}{
		{Options{}, "otherwise kernel install"},
		{Options{Module: t.TempDir(), Tools: dir}, "again if the checkout was moved"},
		{Options{Module: dir, Tools: t.TempDir()}, "gonb"},
	} {
		err := Run(filepath.Join(dir, "kernel.json"), test.opts)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: got %v, want %s", test.opts, err, test.want)
		}
	}
	for _, tool := range []string{"gonb", "goimports", "gopls"} {
		write(t, dir, tool, "#!/bin/sh\n")
	}
	t.Setenv("PATH", t.TempDir())
	if err := Run(filepath.Join(dir, "kernel.json"), Options{Module: dir, Tools: dir}); err == nil || !strings.Contains(err.Error(), "no Go toolchain") {
		t.Errorf("no go: got %v", err)
	}
}
