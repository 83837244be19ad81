package resident_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"otherwise/kernel/engine"
	"otherwise/kernel/resident"
)

// doubled compiles x+x for a vector of 4.
func doubled(t testing.TB, b compute.Backend) compute.Executable {
	t.Helper()
	builder := b.Builder("doubled")
	main := builder.Main()
	x, err := main.Parameter("x", shapes.Make(dtypes.Float32, 4), nil)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := main.Add(x, x)
	if err != nil {
		t.Fatal(err)
	}
	if err := main.Return([]compute.Value{sum}, nil); err != nil {
		t.Fatal(err)
	}
	exec, err := builder.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return exec
}

func vector(t testing.TB, b compute.Backend, values ...float32) compute.Buffer {
	t.Helper()
	buffer, err := b.BufferFromFlatData(0, values, shapes.Make(dtypes.Float32, len(values)))
	if err != nil {
		t.Fatal(err)
	}
	return buffer
}

// BenchmarkExecution is a tiny execution whose result stays on the device: in process, and on an engine. The difference
// is what an engine costs each execution.
func BenchmarkExecution(b *testing.B) {
	run := func(b *testing.B, backend compute.Backend) {
		exec, x := doubled(b, backend), vector(b, backend, 1, 2, 3, 4)
		for b.Loop() {
			out, err := exec.Execute([]compute.Buffer{x}, nil, 0)
			if err != nil {
				b.Fatal(err)
			}
			if err := out[0].Finalize(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("in process", func(b *testing.B) { run(b, inProcess) })
	b.Run("engine", func(b *testing.B) {
		address, _ := startProcess(b)
		run(b, connect(b, address))
	})
}

// BenchmarkTransfer moves 256 MiB to the engine and back, and finds as much kept there.
func BenchmarkTransfer(b *testing.B) {
	address, _ := startProcess(b)
	backend := connect(b, address)
	values := make([]float32, 64<<20)
	shape := shapes.Make(dtypes.Float32, len(values))
	send := func(b *testing.B) compute.Buffer {
		buffer, err := backend.BufferFromFlatData(0, values, shape)
		if err != nil {
			b.Fatal(err)
		}
		return buffer
	}
	b.Run("to the engine", func(b *testing.B) {
		b.SetBytes(shape.ByteSize())
		for b.Loop() {
			if err := send(b).Finalize(); err != nil {
				b.Fatal(err)
			}
		}
	})
	buffer := send(b)
	b.Run("from the engine", func(b *testing.B) {
		b.SetBytes(shape.ByteSize())
		for b.Loop() {
			if err := buffer.ToFlatData(values); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := backend.Keep("weights", nil, []compute.Buffer{buffer}); err != nil {
		b.Fatal(err)
	}
	b.Run("kept", func(b *testing.B) {
		for b.Loop() {
			_, buffers, found, err := backend.Attach("weights")
			if err != nil || !found || len(buffers) != 1 {
				b.Fatal(found, err)
			}
			if err := buffers[0].Finalize(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkStatus asks for the engine's state.
func BenchmarkStatus(b *testing.B) {
	address, _ := startProcess(b)
	backend := connect(b, address)
	for b.Loop() {
		if _, err := backend.Status(); err != nil {
			b.Fatal(err)
		}
	}
}

// blocks is a network of blocks with a normalisation and two layers each, and its gradient: more than 6,000 nodes.
func blocks(params []*graph.Node) []*graph.Node {
	x := params[0]
	for i := 1; i < len(params); i += 2 {
		mean := graph.ReduceAndKeep(x, graph.ReduceMean, -1)
		centred := graph.Sub(x, mean)
		variance := graph.ReduceAndKeep(graph.Square(centred), graph.ReduceMean, -1)
		h := graph.Div(centred, graph.Sqrt(graph.AddScalar(variance, 1e-5)))
		h = graph.MatMul(h, params[i])
		h = graph.MatMul(graph.Mul(h, graph.Sigmoid(h)), params[i+1])
		x = graph.Add(x, h)
	}
	loss := graph.ReduceAllSum(graph.Square(x))
	return append([]*graph.Node{loss}, graph.Gradient(loss, params...)...)
}

// BenchmarkBuildAgain is what the second cell with the same network waits for: a new connection, the graph built anew, and
// its program found on the engine.
func BenchmarkBuildAgain(b *testing.B) {
	address := startEngine(b, engine.Options{Backend: gobackend.GetBackend()}) // XLA takes a minute for the first
	nodes := 0
	build := func(b *testing.B) {
		backend, err := resident.New(address)
		if err != nil {
			b.Fatal(err)
		}
		defer backend.Finalize()
		g := graph.NewGraph(backend, "blocks")
		params := []*graph.Node{graph.Parameter(g, "x", shapes.Make(dtypes.Float32, 8, 32))}
		for i := range 200 {
			params = append(params, graph.Parameter(g, fmt.Sprint("w", i), shapes.Make(dtypes.Float32, 32, 32)))
		}
		out := blocks(params)
		g.Compile(out...)
		nodes = len(g.Nodes())
		g.Finalize()
	}
	build(b)
	for b.Loop() {
		build(b)
	}
	b.ReportMetric(float64(nodes), "nodes")
}
