package classify_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestLogProbabilities(t *testing.T) {
	for _, c := range []struct {
		binary bool
		logits [][]float32
		want   []float32
	}{
		{false, [][]float32{{0, float32(math.Log(3))}}, []float32{0.25, 0.75}},
		{true, [][]float32{{float32(math.Log(3))}, {0}}, []float32{0.25, 0.75, 0.5, 0.5}},
		{true, [][]float32{{1000}}, []float32{0, 1}}, // must not overflow
	} {
		classifier := &classify.Classifier{Binary: c.binary, Classes: []string{"no", "yes"}}
		program := nn.NewProgram(golden.Backend(t), "logprobs", func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{Exp(classifier.LogProbs(a[0]))}
		})
		out, err := program.Call1(nil, c.logits)
		if err != nil {
			t.Fatal(err)
		}
		golden.Near(t, "probabilities", tensors.MustCopyFlatData[float32](out), c.want, 1e-6)
	}
}

// The log-probability of a class and its gradient have all their digits, be the class all but certain, out of the question or between.
func TestLogProbOfKeepsItsDigits(t *testing.T) {
	classifier := &classify.Classifier{Classes: []string{"a", "b", "c"}}
	program := nn.NewProgram(golden.Backend(t), "logprob", func(_ []nn.Scope, a []*Node) []*Node {
		logProb := classifier.LogProbOf(a[0], a[1])
		return []*Node{logProb, Gradient(ReduceAllSum(logProb), a[0])[0]}
	})
	logits := [][]float32{{20, 1, 0}, {0, 300, -300}, {-300, 300, 0}, {1, 1, 1}, {2, 3.5, -1}}
	of := []int32{0, 1, 0, 2, 1}
	out, err := program.Call(nil, logits, of)
	if err != nil {
		t.Fatal(err)
	}
	logProbs, gradients := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
	for i, row := range logits {
		y := of[i]
		var odds, total float64 // of the other classes against y
		for j, v := range row {
			if int32(j) != y {
				odds += math.Exp(float64(v) - float64(row[y]))
			}
			total += math.Exp(float64(v) - float64(row[y]))
		}
		near := func(what string, got float32, want float64) {
			if math.Abs(float64(got)-want) > 1e-5*math.Abs(want)+1e-30 {
				t.Errorf("%s of class %d of %v is %g, want %g", what, y, row, got, want)
			}
		}
		near("log-probability", logProbs[i], -math.Log1p(odds))
		for j, v := range row {
			want := -math.Exp(float64(v) - float64(row[y]) - math.Log1p(odds))
			if int32(j) == y {
				want = odds / total
			}
			near("gradient", gradients[3*i+j], want)
		}
	}
}

func TestConvNetRefusesBadConfigurations(t *testing.T) {
	good := classify.ConvNet{PatchSize: 2, Widths: []int{8, 16}, Groups: 4, Classes: 2, Std: 1}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(good.Layers(), " "); got != "block1 block2" {
		t.Errorf("layers %q", got)
	}
	for word, change := range map[string]func(*classify.ConvNet){
		"patch_size": func(c *classify.ConvNet) { c.PatchSize = 0 },
		"std":        func(c *classify.ConvNet) { c.Std = 0 },
		"multiple":   func(c *classify.ConvNet) { c.Widths = []int{9} },
		"classes":    func(c *classify.ConvNet) { c.Classes = 1 },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

// What a ConvNet gives as features is what its head sees.
func TestConvNetFeaturesAreTheHeadsInput(t *testing.T) {
	net := classify.ConvNet{PatchSize: 2, Widths: []int{8, 16}, Groups: 4, Classes: 3, Std: 1}
	backend := golden.Backend(t)
	params, err := nn.Create(backend, 1, func(s nn.Scope, a []*Node) { net.Forward(s, a[0], nil) }, shapes.Make(dtypes.Float32, 1, 8, 8, 1))
	if err != nil {
		t.Fatal(err)
	}
	x := tensors.FromFlatDataAndDimensions(nn.Gaussian(2, "x", 2*8*8), 2, 8, 8, 1)
	out, err := nn.NewProgram(backend, "features", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{net.Forward(s[0], a[0], nil), nn.Linear(s[0].Sub("head"), net.Embed(s[0], a[0]), 3)}
	}).Call([]*nn.Params{params}, x)
	if err != nil {
		t.Fatal(err)
	}
	golden.Near(t, "logits of the features", tensors.MustCopyFlatData[float32](out[1]), tensors.MustCopyFlatData[float32](out[0]), 1e-6)
}
