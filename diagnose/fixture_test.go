package diagnose

import (
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

const goldens = "../testdata/golden"

// explained is a method's result for the first picture of the reference data, asked for the class that it is second closest to.
func explained(t *testing.T, m counterfactual.Models, method counterfactual.Method, err error) *counterfactual.Result {
	t.Helper()
	return explainedAs(t, m, method, err, counterfactual.RunnerUp)
}

// leastLikely is a target that is far away.
func leastLikely(probabilities []float64) int {
	return slices.Index(probabilities, slices.Min(probabilities))
}

// explainedAs is explained with another target.
func explainedAs(t *testing.T, m counterfactual.Models, method counterfactual.Method, err error, target func(probabilities []float64) int) *counterfactual.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := counterfactual.Unbatch(golden.Open(t, goldens+"/ldce_traj_cls.safetensors").Tensor("x01"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := counterfactual.NewPredictor(m).Probabilities(pictures[0])
	if err != nil {
		t.Fatal(err)
	}
	r, err := method.Explain(t.Context(), counterfactual.Problem{Picture: pictures[0], Target: target(rows[0]), Seed: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func models(t *testing.T) counterfactual.Models { return toy.Models(t, goldens, toy.Options{}) }

// brightness is a classifier that speaks for class 1 by the sum of the pixels of a picture's left half, and for every other class by
// as much less than nothing.
type brightness struct{}

func (brightness) Layers() []string                       { return []string{"pixels"} }
func (brightness) Preprocess(x01 *graph.Node) *graph.Node { return x01 }
func (brightness) Forward(_ nn.Scope, x *graph.Node, tap classify.Tap) *graph.Node {
	if tap != nil {
		x = tap("pixels", x)
	}
	width := x.Shape().Dimensions[2]
	left := graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(0, width/2))
	sum := graph.Reshape(graph.ReduceSum(left, 1, 2, 3), -1, 1)
	return graph.Concatenate([]*graph.Node{graph.Neg(sum), sum}, 1)
}

// always is a classifier that gives any picture one class.
type always struct{ class, classes int }

func (always) Layers() []string                       { return []string{"none"} }
func (always) Preprocess(x01 *graph.Node) *graph.Node { return x01 }
func (a always) Forward(_ nn.Scope, x *graph.Node, _ classify.Tap) *graph.Node {
	logits := make([]float32, a.classes)
	logits[a.class] = 5
	return graph.Add(graph.Const(x.Graph(), [][]float32{logits}), graph.MulScalar(graph.Reshape(graph.ReduceSum(x, 1, 2, 3), -1, 1), 0))
}
