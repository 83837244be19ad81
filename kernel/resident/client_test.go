package resident_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/engine"
	"otherwise/kernel/resident"
)

// until waits for something to become true. The time limit only ends a test that would never end.
func until(t *testing.T, what string, true func() bool) {
	t.Helper()
	for range 3000 {
		if true() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("it never came true that %s", what)
}

func heldBytes(t *testing.T, b *resident.Backend) int64 {
	t.Helper()
	s, err := b.Status()
	if err != nil {
		t.Fatal(err)
	}
	return s.BufferBytes
}

func goEngine(t *testing.T) string {
	t.Helper()
	return startEngine(t, engine.Options{Backend: gobackend.GetBackend()})
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"":                          "unix:/path/to/socket",
		"tcp:localhost:80":          "unix:/path/to/socket",
		"/engine.sock":              "unix:/path/to/socket",
		"unix:/no/such/engine.sock": "no engine answers",
	} {
		if _, err := resident.New(address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestRegistered opens the backend as GoMLX does from GOMLX_BACKEND.
func TestRegistered(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", resident.Name+":"+goEngine(t))
	b, err := compute.New()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	if b.Name() != resident.Name || b.NumDevices() != 1 || !strings.Contains(b.Description(), "in the engine at") {
		t.Errorf("opened %s: %s, %d devices", b.Name(), b.Description(), b.NumDevices())
	}
}

// TestManyGoroutines has calls of all kinds at once.
func TestManyGoroutines(t *testing.T) {
	b := connect(t, goEngine(t))
	exec := doubled(t, b)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			for i := range 30 {
				x := vector(t, b, float32(n), float32(i), 0, 1)
				out, err := exec.Execute([]compute.Buffer{x}, []bool{i%2 == 0}, 0)
				if err != nil {
					t.Error(err)
					return
				}
				got := make([]float32, 4)
				if err := out[0].ToFlatData(got); err != nil || got[0] != 2*float32(n) || got[1] != 2*float32(i) {
					t.Errorf("got %v, %v; want twice %d, %d", got, err, n, i)
				}
				if err := errors.Join(out[0].Finalize(), x.Finalize()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	until(t, "all is free", func() bool { return heldBytes(t, b) == 0 })
}

// TestGarbageIsFreed drops the last reference to a buffer and an executable without a word.
func TestGarbageIsFreed(t *testing.T) {
	address := startEngine(t, engine.Options{Backend: gobackend.GetBackend(), ProgramLimit: 1})
	b := connect(t, address)
	func() {
		vector(t, b, 1, 2, 3)
		doubled(t, b)
	}()
	until(t, "the buffer and the program are free", func() bool {
		runtime.GC()
		s, err := b.Status()
		return err == nil && s.BufferBytes == 0 && s.Programs == 0
	})
}

// TestFreeWithoutRequest sees that what was let go is freed though the client asks for nothing more.
func TestFreeWithoutRequest(t *testing.T) {
	address := goEngine(t)
	b, watcher := connect(t, address), connect(t, address)
	x := vector(t, b, 1, 2)
	if got := heldBytes(t, watcher); got != 8 {
		t.Fatalf("%d bytes held", got)
	}
	if err := errors.Join(x.Finalize(), x.Finalize()); err != nil {
		t.Error(err)
	}
	until(t, "the buffer is free", func() bool { return heldBytes(t, watcher) == 0 })
}

func TestUseAfterFinalize(t *testing.T) {
	address := goEngine(t)
	b, other := connect(t, address), connect(t, address)
	exec, x := doubled(t, b), vector(t, b, 1, 2, 3, 4)
	fails := func(name, want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	_, err := exec.Execute([]compute.Buffer{vector(t, other, 1, 2, 3, 4)}, nil, 0)
	fails("a buffer of another client", "was given to", err)
	_, err = exec.Execute([]compute.Buffer{x}, []bool{true, false}, 0)
	fails("too many flags", "2 donate flags for 1 inputs", err)
	fails("a slice too short", "can't be read into", x.ToFlatData(make([]float32, 3)))
	fails("a slice of another type", "can't be read into", x.ToFlatData(make([]int32, 4)))
	_, err = b.BufferFromFlatData(0, []float32{1}, shapes.Make(dtypes.Float32, 2))
	fails("too few values", "are no values of shape", err)
	if err := x.Finalize(); err != nil {
		t.Fatal(err)
	}
	fails("reading a buffer", "after it was finalized", x.ToFlatData(make([]float32, 4)))
	_, err = exec.Execute([]compute.Buffer{x}, nil, 0)
	fails("executing with a buffer", "after it was finalized", err)
	fails("keeping a buffer", "after it was finalized", b.Keep("x", nil, []compute.Buffer{x}))
	exec.Finalize()
	_, err = exec.Execute(nil, nil, 0)
	fails("an executable", "was finalized", err)
	y := vector(t, b, 1)
	b.Finalize()
	b.Finalize()
	_, err = b.Status()
	fails("a backend", "was finalized", err)
	fails("a backend's buffer", "was finalized", y.ToFlatData(make([]float32, 1)))
	if !b.IsFinalized() || other.IsFinalized() {
		t.Error("the wrong backend is finalized")
	}
}

// TestEngineKilled ends the engine under a client, and starts another in its place.
func TestEngineKilled(t *testing.T) {
	address, kill := startProcess(t)
	b := connect(t, address)
	x := vector(t, b, 1, 2)
	kill()
	for range 3 { // the first finds a broken connection, the next none at all
		err := x.ToFlatData(make([]float32, 2))
		if !errors.Is(err, resident.ErrEngineGone) || !strings.Contains(err.Error(), "run again the cells") {
			t.Errorf("reading: %v", err)
		}
	}
	if err := x.Finalize(); err != nil {
		t.Errorf("finalizing: %v", err)
	}
	path := strings.TrimPrefix(address, "unix:")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	startEngine(t, engine.Options{Socket: path, Backend: gobackend.GetBackend()})
	if _, err := b.Status(); !errors.Is(err, resident.ErrEngineGone) {
		t.Errorf("a session of the engine before: %v", err)
	}
	if _, err := connect(t, address).Status(); err != nil {
		t.Errorf("a new session: %v", err)
	}
}

// TestTooLargeToSend is about a message that only this client is to blame for: the connection goes on.
func TestTooLargeToSend(t *testing.T) {
	b := connect(t, goEngine(t))
	err := b.Keep("big", make([]byte, 17<<20), nil)
	if err == nil || errors.Is(err, resident.ErrEngineGone) || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("got %v", err)
	}
	if _, err := b.Status(); err != nil {
		t.Error(err)
	}
}

func TestBuilderRefuses(t *testing.T) {
	b := connect(t, goEngine(t))
	one, two := b.Builder("one"), b.Builder("two")
	x, err := one.Main().Parameter("x", shapes.Make(dtypes.Float32, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	_, err = two.Main().Abs(x)
	refused(`operand of computation "one" is used in "two"`, err)
	_, err = one.Main().Abs("x")
	refused("not a value of backend", err)
	_, err = one.Main().DotGeneral(x, []int{5}, nil, x, []int{5}, nil, compute.DotGeneralConfig{})
	refused("DotGeneral", err) // the engine's word
	_, err = one.Compile()
	refused("has not returned", err)
	if err := one.Main().Return([]compute.Value{x}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Compile(); err != nil {
		t.Fatal(err)
	}
	_, err = one.Compile()
	refused("is compiled already", err)
	_, err = one.Main().Abs(x)
	refused("has returned", err)
}
