package nn_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestWatchedModulesAreSeenByName(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "watch", func(nets []nn.Scope, a []*Node) []*Node {
		seen := map[string]*Node{}
		build := func(s nn.Scope) *Node {
			block := s.Sub("block")
			h := block.Sub("double").Watched(MulScalar(a[0], 2))
			return block.Watched(AddScalar(h, 1))
		}
		out := build(nets[0].Watch(func(module string, x *Node) { seen[module] = x }))
		if len(seen) != 2 || seen["block"] != out {
			t.Errorf("seen were %v", seen)
		}
		build(nets[0]) // without an observer
		return []*Node{out, seen["block.double"]}
	})
	out, err := program.Call([]*nn.Params{nn.NewParams()}, []float32{3})
	if err != nil {
		t.Fatal(err)
	}
	golden.Near(t, "block", tensors.MustCopyFlatData[float32](out[0]), []float32{7}, 0)
	golden.Near(t, "block.double", tensors.MustCopyFlatData[float32](out[1]), []float32{6}, 0)
}
