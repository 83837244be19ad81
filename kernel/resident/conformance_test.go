package resident_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/support/backendtest"

	"otherwise/kernel/engine"
	"otherwise/kernel/resident"
	"otherwise/setup"
)

// inProcess is the backend that the tests' engines work with; it is opened once.
var inProcess compute.Backend

func TestMain(m *testing.M) {
	var err error
	if inProcess, err = setup.OpenBackend(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// startEngine serves on a new socket until the test ends and returns its address.
func startEngine(t testing.TB, o engine.Options) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	o.Socket, o.Backend = filepath.Join(folder, "engine.sock"), inProcess
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Serve(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the engine ended with: %v", err)
		}
	})
	for {
		if _, err := os.Stat(o.Socket); err == nil {
			return "unix:" + o.Socket
		}
		select {
		case err := <-ended:
			t.Fatalf("the engine didn't start: %v", err)
		default:
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

func TestConformance(t *testing.T) {
	backendtest.RunAll(t, connect(t, startEngine(t, engine.Options{})), nil)
}
