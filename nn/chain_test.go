package nn_test

import (
	"context"
	"errors"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// sineChain is z <- sin(w z + b) with a parameter w.
func sineChain(t *testing.T) (*nn.Chain, []*nn.Params) {
	t.Helper()
	params := nn.NewParams()
	params.Set("w", tensors.FromFlatDataAndDimensions([]float32{1.5}, 1))
	return nn.NewChain(golden.Backend(t), "sine", func(nets []nn.Scope, args []*Node) *Node {
		return Sin(Add(Mul(args[0], nets[0].Param("w", nn.Constant(1), 1)), args[1]))
	}), []*nn.Params{params}
}

func TestChainGradientIsTheProductOfItsStepsDerivatives(t *testing.T) {
	chain, nets := sineChain(t)
	shifts := []float64{0.1, -0.4, 0.7}
	args := func(i int) []any { return []any{float32(shifts[i])} }
	start := []float32{0.3, -1.2}
	pass, err := chain.Run(context.Background(), nets, tensors.FromFlatDataAndDimensions(start, 2), len(shifts), args)
	if err != nil {
		t.Fatal(err)
	}
	behind := []float32{2, -1}
	gradient, err := pass.Gradient(context.Background(), tensors.FromFlatDataAndDimensions(behind, 2))
	if err != nil {
		t.Fatal(err)
	}
	var states, gradients []float32
	for k, z := range start {
		state, derivative := float64(z), float64(behind[k])
		for _, b := range shifts {
			derivative *= 1.5 * math.Cos(1.5*state+b)
			state = math.Sin(1.5*state + b)
		}
		states, gradients = append(states, float32(state)), append(gradients, float32(derivative))
	}
	golden.Near(t, "last state", tensors.MustCopyFlatData[float32](pass.Last()), states, 1e-6)
	golden.Near(t, "gradient", tensors.MustCopyFlatData[float32](gradient), gradients, 1e-5)
	if len(pass.States) != 4 {
		t.Errorf("%d states kept, want the first and one after each of three steps", len(pass.States))
	}
	first, last := pass.States[0], pass.Last()
	pass.Free()
	if !first.Ok() || last.Ok() {
		t.Errorf("after Free the first state is there: %v, the last: %v; want the first alone", first.Ok(), last.Ok())
	}
}

func TestChainStopsBetweenSteps(t *testing.T) {
	chain, nets := sineChain(t)
	ctx, cancel := context.WithCancel(context.Background())
	made := 0
	z := tensors.FromFlatDataAndDimensions([]float32{0.3, -1.2}, 2)
	args := func(i int) []any {
		if made++; i == 1 {
			cancel()
		}
		return []any{float32(0)}
	}
	if _, err := chain.Run(ctx, nets, z, 5, args); !errors.Is(err, context.Canceled) || made != 2 {
		t.Errorf("%d steps begun, error %v; want two and the context's", made, err)
	}
	pass, err := chain.Run(context.Background(), nets, z, 2, func(int) []any { return []any{float32(0)} })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pass.Gradient(ctx, z); !errors.Is(err, context.Canceled) {
		t.Errorf("gradient under an ended context: error %v", err)
	}
}
