package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Times of grace between SIGTERM and SIGKILL. Jupyter kills a kernel two and a half seconds after its own SIGTERM; both fit in.
const (
	gonbGrace   = time.Second
	engineGrace = time.Second
)

// lockDescriptor is the guard's file descriptor of the kernel's folder, which keeps it locked.
const lockDescriptor = 3

// plan is what a launcher tells its guard, as JSON.
type plan struct {
	Folder    string
	Gonb      []string // command and arguments
	GonbEnv   []string
	Engine    []string // command and arguments, without --socket; nil for none
	EngineEnv []string
	Socket    string
	Log       string
}

// errLauncherDied ends a guard whose launcher was killed.
var errLauncherDied = errors.New("the launcher died: ended the kernel")

// Guard runs GoNB and the engine as the plan on pipe says, until GoNB ends, a signal asks for the end, or the pipe closes, which
// means that the launcher died. Before it returns it has killed everything in its session and deleted the kernel's
// folder. It must lead a session of its own. Run starts a process that calls it; nobody else should.
func Guard(pipe io.Reader, notes io.Writer) error {
	if self := os.Getpid(); !slices.Contains(sessionMembers(self), self) {
		return errors.New("the guard must lead a session: it is started by `otherwise kernel run` alone")
	}
	// The parent-death signals of the children are tied to the thread that started them.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	syscall.CloseOnExec(lockDescriptor)

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	decoder := json.NewDecoder(pipe)
	var p plan
	if err := decoder.Decode(&p); err != nil {
		return fmt.Errorf("the guard got no plan: %w", err)
	}
	orphaned := make(chan struct{})
	go func() {
		io.Copy(io.Discard, pipe)
		close(orphaned)
	}()

	engine := &keeper{plan: p, notes: notes}
	err := watch(p, engine, signals, orphaned)
	if engine.running != nil && !errors.Is(err, errLauncherDied) {
		engine.running.stop(engineGrace)
	}
	killSession(os.Getpid(), os.Getpid())
	if err := os.RemoveAll(p.Folder); err != nil {
		fmt.Fprintf(notes, "otherwise kernel: %v; the next start tries again\n", err)
	}
	return err
}

// watch runs GoNB to its end. All children are started here, on one thread.
func watch(p plan, engine *keeper, signals <-chan os.Signal, orphaned <-chan struct{}) error {
	if len(p.Engine) > 0 {
		engine.start()
	}
	cmd := exec.Command(p.Gonb[0], p.Gonb[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.GonbEnv, os.Stdout, os.Stderr
	gonb, err := startChild(cmd)
	if err != nil {
		return err
	}
	var overdue <-chan time.Time
	for {
		select {
		case err := <-gonb.done:
			if err != nil && overdue == nil {
				return fmt.Errorf("GoNB ended: %w", err)
			}
			return nil
		case err := <-engine.done():
			engine.ended(err)
		case <-engine.retry:
			engine.start()
		case sig := <-signals:
			if sig == os.Interrupt { // GoNB passes it on to the running cell; it ends nothing else
				gonb.process.Signal(os.Interrupt)
				continue
			}
			gonb.process.Signal(syscall.SIGTERM)
			overdue = time.After(gonbGrace)
		case <-overdue:
			gonb.process.Kill()
		case <-orphaned:
			gonb.process.Kill()
			return errLauncherDied
		}
	}
}
