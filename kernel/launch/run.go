package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"otherwise/kernel/wire"
)

// Options say what a kernel is made of. Only Module and Tools have no default.
type Options struct {
	// Module is the folder of the checkout that cells import.
	Module string
	// Tools is the folder with gonb, goimports and gopls.
	Tools string
	// Go is the go command; where it isn't there, or isn't given, the one on PATH.
	Go string
	// Program is the otherwise program, which serves as shim and as the default of Guard and Engine; this one by default.
	Program string
	// Guard is the command, with its arguments, that calls Guard; "PROGRAM kernel guard" by default.
	Guard []string
	// Engine is the command, with its arguments, that serves an engine at the socket that --socket PATH, which is added, names;
	// "PROGRAM kernel engine" by default. None is started where OTHERWISE_ENGINE is set.
	Engine []string
	// Temporary is the folder below which the kernel's own is made; os.TempDir() by default.
	Temporary string
	// Stdout and Stderr receive what GoNB and the guard say; os.Stdout and os.Stderr by default.
	Stdout, Stderr io.Writer
}

func (o *Options) ownEngine() bool { return os.Getenv(wire.EngineEnv) == "" }

// complete fills in the defaults and checks what the kernel needs.
func (o *Options) complete() error {
	if o.Module == "" || o.Tools == "" {
		return fmt.Errorf("%s and %s must be set: run `otherwise kernel install`, and start the kernel from Jupyter", ModuleEnv, ToolsEnv)
	}
	if err := CheckModule(o.Module); err != nil {
		return fmt.Errorf("%w; run `otherwise kernel install` again if the checkout was moved", err)
	}
	for _, tool := range []string{"gonb", "goimports", "gopls"} {
		if _, err := exec.LookPath(filepath.Join(o.Tools, tool)); err != nil {
			return fmt.Errorf("tools: %w; run `otherwise kernel install` again", err)
		}
	}
	var err error
	if _, missing := exec.LookPath(o.Go); missing != nil {
		if o.Go, err = exec.LookPath("go"); err != nil {
			return fmt.Errorf("no Go toolchain: %w; install Go, or put its folder on the PATH that Jupyter is started with", err)
		}
	}
	if o.Go, err = filepath.Abs(o.Go); err != nil {
		return fmt.Errorf("go command: %w", err)
	}
	if o.Program == "" {
		if o.Program, err = os.Executable(); err != nil {
			return fmt.Errorf("path of this program: %w", err)
		}
	}
	if o.Guard == nil {
		o.Guard = []string{o.Program, "kernel", "guard"}
	}
	if o.Engine == nil {
		o.Engine = []string{o.Program, "kernel", "engine"}
	}
	if o.Temporary == "" {
		o.Temporary = os.TempDir()
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	return nil
}

// Run runs a kernel on the connection file that Jupyter wrote, until the front end shuts it down, which is no error, or SIGTERM or
// SIGHUP ends it. SIGINT interrupts the running cell. When Run returns, and when its process is killed, no process
// and no file of the kernel is left.
func Run(connectionFile string, opts Options) error {
	if err := checkConnection(connectionFile); err != nil {
		return err
	}
	if err := opts.complete(); err != nil {
		return err
	}
	program, err := LockProgram(opts.Program)
	if err != nil {
		return err
	}
	defer program.Close()
	if err := checkSpace(opts.Temporary, kernelSpace); err != nil {
		return err
	}
	f, err := makeFolder(opts.Temporary)
	if err != nil {
		return err
	}
	defer f.remove()
	if err := os.Symlink(opts.Program, filepath.Join(f.bin(), "go")); err != nil {
		return fmt.Errorf("making the go command for cells: %w", err)
	}
	p := plan{
		Folder: f.path, Socket: f.socket(), Log: f.log(),
		Gonb:    []string{filepath.Join(opts.Tools, "gonb"), "--kernel", connectionFile, "--log", filepath.Join(f.path, "gonb.log")},
		GonbEnv: gonbEnvironment(f, opts),
	}
	if opts.ownEngine() {
		p.Engine, p.EngineEnv = opts.Engine, engineEnvironment()
	}
	return runGuard(p, f, opts)
}

// LockProgram marks a program as in use until the file is closed, for installations delete programs that aren't.
func LockProgram(path string) (*os.File, error) { return lockFile(path, syscall.LOCK_SH) }

// jupyterEnv holds the process id of the Jupyter that started the kernel.
const jupyterEnv = "JPY_PARENT_PID"

// runGuard starts the guard, and sees to it that nothing outlives it.
func runGuard(p plan, f folder, opts Options) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	guard := exec.Command(opts.Guard[0], opts.Guard[1:]...)
	guard.Stdout, guard.Stderr = opts.Stdout, opts.Stderr
	guard.ExtraFiles = []*os.File{f.lock}
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := guard.StdinPipe()
	if err != nil {
		return fmt.Errorf("pipe to the guard: %w", err)
	}
	if err := guard.Start(); err != nil {
		return fmt.Errorf("starting the guard: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- guard.Wait() }()
	if err := json.NewEncoder(pipe).Encode(p); err != nil {
		guard.Process.Kill()
		return fmt.Errorf("telling the guard its plan: %w", errors.Join(err, <-done))
	}
	parent := time.NewTicker(time.Second)
	defer parent.Stop()
	started := os.Getppid()
	for {
		select {
		case sig := <-signals:
			guard.Process.Signal(sig)
		case <-parent.C:
			// A kernel whose Jupyter was killed can't be reached any more: jupyter_client knows of it no longer.
			if os.Getenv(jupyterEnv) == strconv.Itoa(started) && os.Getppid() != started {
				guard.Process.Signal(syscall.SIGTERM)
				parent.Stop()
			}
		case err := <-done:
			killSession(guard.Process.Pid) // nothing is left of it, unless the guard was killed
			if err != nil {
				return fmt.Errorf("the kernel ended: %w", err)
			}
			return nil
		}
	}
}
