package kernel

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/tensors"

	engines "otherwise/kernel/engine"
	"otherwise/kernel/resident"
	"otherwise/kernel/wire"
)

// use makes a backend that of this package until the test ends.
func use(t *testing.T, b compute.Backend) {
	t.Helper()
	before := shared
	shared = func() (compute.Backend, error) { return b, nil }
	t.Cleanup(func() { shared = before })
}

// inCell makes the test a cell: its environment names an engine, which is returned with the channel of its end.
func inCell(t *testing.T) (address string, ended chan error) {
	t.Helper()
	return inCellWith(t, gobackend.GetBackend())
}

// inCellWith is inCell with an engine that computes with the backend.
func inCellWith(t *testing.T, b compute.Backend) (address string, ended chan error) {
	t.Helper()
	folder, err := os.MkdirTemp("", "kernel") // short, as sockets need
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	address = "unix:" + filepath.Join(folder, "engine.sock")
	t.Setenv(wire.EngineEnv, address)
	return address, serve(t, address, b)
}

// serve starts an engine and makes a connection to it the package's backend.
func serve(t *testing.T, address string, with compute.Backend) (ended chan error) {
	t.Helper()
	path, err := wire.SocketPath(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	go func() { ended <- engines.Serve(ctx, engines.Options{Socket: path, Backend: with}) }()
	t.Cleanup(func() {
		cancel()
		ended <- <-ended
	})
	for range 1000 {
		b, err := resident.New(address)
		if err == nil {
			t.Cleanup(b.Finalize)
			use(t, b)
			return ended
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no engine answers")
	return nil
}

func tensor(values ...float32) *tensors.Tensor { return tensors.FromValue(values) }

func values(t *testing.T, from *tensors.Tensor) []float32 {
	t.Helper()
	if from == nil {
		t.Fatal("there is no tensor")
	}
	return tensors.MustCopyFlatData[float32](from)
}

// everywhere runs a test without an engine and with one.
func everywhere(t *testing.T, test func(t *testing.T)) {
	t.Run("in process", func(t *testing.T) {
		t.Setenv(wire.EngineEnv, "")
		use(t, gobackend.GetBackend())
		t.Cleanup(func() { clear(local.kept) })
		test(t)
	})
	t.Run("engine", func(t *testing.T) {
		inCell(t)
		test(t)
	})
}
