package counterfactual_test

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// colours is an encoder whose features are each channel's sum, and the first pixel.
type colours struct{}

func (colours) Preprocess(x01 *Node) *Node { return MulScalar(x01, 2) }

func (colours) Embed(_ nn.Scope, x *Node) *Node {
	d := x.Shape().Dimensions
	return Concatenate([]*Node{ReduceSum(x, 1, 2), Reshape(Slice(x, AxisRange(), AxisRange(0, 1), AxisRange(0, 1)), d[0], d[3])}, 1)
}

func TestFeaturesOfManyPictures(t *testing.T) {
	var pictures []counterfactual.Picture
	for i := range 70 { // two whole batches and a part
		v := float32(i) / 100
		pictures = append(pictures, counterfactual.Picture{Height: 1, Width: 2, Channels: 1, Values: []float32{v, 0.5}})
	}
	e := counterfactual.NewEmbedder(golden.Backend(t), colours{}, nn.NewParams())
	features, err := e.Features(t.Context(), pictures)
	if err != nil {
		t.Fatal(err)
	}
	if rows, width := features.Dims(); rows != 70 || width != 2 {
		t.Fatalf("features are %dx%d, want 70x2", rows, width)
	}
	for i, p := range pictures {
		want := []float32{2*p.Values[0] + 1, 2 * p.Values[0]}
		got := []float32{float32(features.At(i, 0)), float32(features.At(i, 1))}
		golden.Near(t, "features", got, want, 1e-6)
	}
}

// flat gives features that are no rows.
type flat struct{ colours }

func (flat) Embed(_ nn.Scope, x *Node) *Node { return x }

func TestFeaturesRefuse(t *testing.T) {
	e := counterfactual.NewEmbedder(golden.Backend(t), flat{}, nn.NewParams())
	if _, err := e.Features(t.Context(), nil); err == nil {
		t.Error("no pictures were accepted")
	}
	one := counterfactual.Picture{Height: 1, Width: 1, Channels: 1, Values: []float32{0}}
	if _, err := e.Features(t.Context(), []counterfactual.Picture{one}); err == nil || !strings.Contains(err.Error(), "a row for each") {
		t.Errorf("an encoder of maps: %v", err)
	}
}
