package nn

import (
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Names of a low-rank adapter's two matrices, in place of a weight's ".weight", as PEFT has them.
const (
	AdapterA = ".lora_A.weight" // [rank, inputs]
	AdapterB = ".lora_B.weight" // [outputs, rank]
)

// Adapted returns a scope that gives the parameters of s, each weight [outputs, inputs] for which the adapter has two matrices with
// scale * B A added to it. The adapter's parameters, of the given rank, are asked for under the weight's own path.
// Source: LoRA, Hu et al., 2022 (arXiv 2106.09685), Eq. 3.
func (s Scope) Adapted(adapter Scope, rank int, scale float64) Scope {
	s.source = adapted{source: s.source, adapter: adapter.source, rank: rank, scale: scale}
	return s
}

// adapted is a source with an adapter beside it.
type adapted struct {
	source
	adapter source
	rank    int
	scale   float64
}

func (a adapted) param(name string, init Init, dims []int) *Node {
	w := a.source.param(name, init, dims)
	module, isWeight := strings.CutSuffix(name, ".weight")
	if !isWeight || !a.adapter.has(module+AdapterA) {
		return w
	}
	if len(dims) != 2 {
		exceptions.Panicf("parameter %q has shape %v; only weights of linear layers, [outputs, inputs], can be adapted", name, dims)
	}
	down := a.adapter.param(module+AdapterA, FanIn(1), []int{a.rank, dims[1]})
	up := a.adapter.param(module+AdapterB, Constant(0), []int{dims[0], a.rank})
	return AdaptedWeight(w, down, up, a.scale)
}

// AdaptedWeight is w + scale * up down: w [outputs, inputs] of any type, down [rank, inputs], up [outputs, rank].
func AdaptedWeight(w, down, up *Node, scale float64) *Node {
	return Add(w, Cast(MulScalar(DotGeneral(up, []int{1}, nil, down, []int{0}, nil), scale), w.DType()))
}
