package resident_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"otherwise/kernel/engine"
	"otherwise/kernel/resident"
	"otherwise/setup"
)

// serveEnv has the path of a socket in a process that is an engine for tests: this test's program, started again.
const serveEnv = "OTHERWISE_TEST_SOCKET"

// inProcess is the backend that the tests' engines work with; it is opened once.
var inProcess compute.Backend

func TestMain(m *testing.M) {
	var err error
	if inProcess, err = setup.OpenBackend(); err != nil {
		fmt.Fprintln(os.Stderr, "no backend for tests (make test sets one up):", err)
		os.Exit(1)
	}
	if path := os.Getenv(serveEnv); path != "" {
		err := engine.Serve(context.Background(), engine.Options{Socket: path, Backend: inProcess, Log: os.Stderr})
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func socketPath(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "engine") // mode 0700, and shorter than t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return filepath.Join(folder, "engine.sock")
}

// startEngine serves on a new socket until the test ends and returns its address.
func startEngine(t testing.TB, o engine.Options) string {
	t.Helper()
	if o.Socket == "" {
		o.Socket = socketPath(t)
	}
	if o.Backend == nil {
		o.Backend = inProcess
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Serve(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the engine ended with: %v", err)
		}
	})
	waitForSocket(t, o.Socket, ended)
	return "unix:" + o.Socket
}

// startProcess starts an engine as a process of its own, until the test ends or kills it.
func startProcess(t testing.TB) (address string, kill func()) {
	t.Helper()
	path := socketPath(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"="+path)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	t.Cleanup(kill)
	waitForSocket(t, path, ended)
	return "unix:" + path, kill
}

// waitForSocket waits until a client is answered.
func waitForSocket(t testing.TB, path string, ended chan error) {
	t.Helper()
	for {
		if b, err := resident.New("unix:" + path); err == nil {
			b.Finalize()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the engine didn't start: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func connect(t testing.TB, address string) *resident.Backend {
	t.Helper()
	b, err := resident.New(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}
