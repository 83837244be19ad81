package program_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// writer writes logs in which values are numbers.
type writer struct {
	t   testing.TB
	log program.Log
}

func newWriter(t testing.TB) *writer {
	w := &writer{t: t}
	w.log.Value = func(v compute.Value) (int, error) {
		n, ok := v.(int)
		if !ok {
			return 0, errors.New("no value of this test's")
		}
		return n, nil
	}
	w.log.Function = func(compute.Function) (int, error) { return 0, errors.New("no function of this test's") }
	return w
}

func (w *writer) call(method string, args ...any) *writer {
	w.t.Helper()
	m, found := program.Named(method)
	if !found {
		w.t.Fatalf("there is no method %s", method)
	}
	if err := w.log.Append(m, 0, args...); err != nil {
		w.t.Fatal(err)
	}
	return w
}

var vector = shapes.Make(dtypes.Float32, 3)

// sum is (x + 1, 2, 3) reduced to a number.
func sum(t testing.TB) []byte {
	w := newWriter(t).
		call("Parameter", "x", vector, (*compute.ShardingSpec)(nil)).
		call("Constant", []float32{1, 2, 3}, []int{3}).
		call("Add", 0, 1).
		call("ReduceSum", 2, []int{0}).
		call("Return", []compute.Value{3}, []*compute.ShardingSpec(nil))
	return w.log.Bytes()
}

func TestReplayComputesTheSame(t *testing.T) {
	backend := gobackend.GetBackend()
	builder := backend.Builder("sum")
	if err := program.Replay(builder, sum(t)); err != nil {
		t.Fatal(err)
	}
	exec, err := builder.Compile()
	if err != nil {
		t.Fatal(err)
	}
	x, err := backend.BufferFromFlatData(0, []float32{10, 20, 30}, vector)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Execute([]compute.Buffer{x}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 1)
	if err := out[0].ToFlatData(got); err != nil || got[0] != 66 {
		t.Errorf("got %v, %v; want 66", got, err)
	}
}

func TestInfer(t *testing.T) {
	w := newWriter(t).call("Parameter", "x", vector, (*compute.ShardingSpec)(nil)).call("Reshape", 0, []int{3, 1})
	got, err := program.Infer(gobackend.GetBackend().Builder("shapes"), w.log.Bytes())
	if err != nil || len(got) != 1 || !got[0][0].Equal(shapes.Make(dtypes.Float32, 3, 1)) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSameCallsSameHash(t *testing.T) {
	first, second := sum(t), sum(t)
	if program.Hash(first) != program.Hash(second) {
		t.Error("the same calls gave two logs")
	}
	other := newWriter(t).call("Parameter", "y", vector, (*compute.ShardingSpec)(nil))
	if program.Hash(other.log.Bytes()) == program.Hash(sum(t)[:len(other.log.Bytes())]) {
		t.Error("different calls gave the same log")
	}
}

func TestAppendRefuses(t *testing.T) {
	w := newWriter(t).call("Parameter", "x", vector, (*compute.ShardingSpec)(nil))
	before := slices.Clone(w.log.Bytes())
	for name, args := range map[string][]any{
		"too few arguments":       {0},
		"a value of another kind": {0, "y"},
	} {
		m, _ := program.Named("Add")
		if err := w.log.Append(m, 0, args...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	constant, _ := program.Named("Constant")
	if err := w.log.Append(constant, 0, "text", []int{4}); err == nil {
		t.Error("a constant of text: no error")
	}
	if !slices.Equal(w.log.Bytes(), before) {
		t.Error("a refused call left something in the log")
	}
}

func TestMalformedLogs(t *testing.T) {
	whole := sum(t)
	for cut := 1; cut < len(whole); cut++ { // most cuts are inside a call; none may panic
		err := program.Replay(gobackend.GetBackend().Builder("cut"), whole[:cut])
		if err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("the first %d bytes: %v", cut, err)
		}
	}
	parameter, _ := program.Named("Parameter")
	add, _ := program.Named("Add")
	for name, test := range map[string]struct {
		log  []byte
		want string
	}{
		"unknown operation": {[]byte{0xff, 0x7f, 0}, "there is no operation"},
		"unknown function":  {[]byte{byte(parameter.Code), 9}, "there is no function 9"},
		"unknown value":     {append(wireUint(add.Code), 0, 5, 5), "there is no value 4"},
	} {
		err := program.Replay(gobackend.GetBackend().Builder("bad"), test.log)
		if !errors.Is(err, wire.ErrMalformed) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func wireUint(n int) []byte {
	var e wire.Encoder
	e.Uint(uint64(n))
	return e.Bytes
}

func TestRefusedCallIsNamed(t *testing.T) {
	w := newWriter(t).call("Parameter", "x", vector, (*compute.ShardingSpec)(nil)).call("Reshape", 0, []int{7})
	err := program.Replay(gobackend.GetBackend().Builder("refused"), w.log.Bytes())
	if err == nil || !strings.Contains(err.Error(), "call 1 of the program: Reshape") {
		t.Errorf("got %v", err)
	}
}

// FuzzReplay looks for logs that panic.
func FuzzReplay(f *testing.F) {
	f.Add(sum(f))
	f.Add([]byte{0xff, 0x7f, 0})
	f.Fuzz(func(t *testing.T, log []byte) {
		if len(log) < 1<<10 {
			_ = program.Replay(gobackend.GetBackend().Builder("fuzz"), log)
		}
	})
}

func TestRepairBools(t *testing.T) {
	bools, numbers := []byte{0, 1, 2, 255}, []byte{0, 1, 2, 255}
	program.RepairBools(dtypes.Bool, bools)
	program.RepairBools(dtypes.Uint8, numbers)
	if !slices.Equal(bools, []byte{0, 1, 1, 1}) || !slices.Equal(numbers, []byte{0, 1, 2, 255}) {
		t.Errorf("bools %v, numbers %v", bools, numbers)
	}
}

func TestFlatBytes(t *testing.T) {
	dtype, memory, err := program.FlatBytes([]uint16{1, 256})
	if err != nil || dtype != dtypes.Uint16 || !slices.Equal(memory, []byte{1, 0, 0, 1}) {
		t.Errorf("got %s, %v, %v", dtype, memory, err)
	}
	for _, flat := range []any{nil, 5, "text", []string{"a"}, [][]int32{{1}}} {
		if _, _, err := program.FlatBytes(flat); err == nil {
			t.Errorf("%T: no error", flat)
		}
	}
}
