package counterfactual_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// brightness tells pictures of a mean above 0.6, class 1, from darker ones.
type brightness struct{}

func (brightness) Preprocess(x01 *Node) *Node { return x01 }
func (brightness) Layers() []string           { return nil }
func (brightness) Forward(_ nn.Scope, x *Node, _ classify.Tap) *Node {
	return MulScalar(AddScalar(ReduceMean(x, 1, 2), -0.6), 100)
}

// plain is a picture of one value.
func plain(value float32) counterfactual.Picture {
	p := counterfactual.Picture{Height: 8, Width: 8, Channels: 1, Values: make([]float32, 64)}
	for i := range p.Values {
		p.Values[i] = value
	}
	return p
}

func TestRestoringUndoesNoFlip(t *testing.T) {
	predictor := counterfactual.NewPredictor(counterfactual.Models{Backend: golden.Backend(t),
		Classifier: &classify.Classifier{Network: brightness{}, Params: nn.NewParams(), Classes: []string{"dark", "bright"}, Binary: true}})
	result := func(reconstruction float32) *counterfactual.Result {
		return &counterfactual.Result{Original: plain(0.5), Reconstruction: plain(reconstruction), Target: 1}
	}
	// changes of 0.4, 0.2, 0.2 and 0.001 to 0.9, 0.7, 0.55 and 0.7, the second and the last of which the threshold would make dark
	results := []*counterfactual.Result{result(0.5), result(0.5), result(0.35), result(0.699)}
	found := []counterfactual.Picture{plain(0.9), plain(0.7), plain(0.55), plain(0.7)}
	restored, after, err := predictor.Restored(results, found, 0.4)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []counterfactual.Picture{
		counterfactual.Restore(results[0].Original, results[0].Reconstruction, found[0], 0.4),
		counterfactual.Restore(results[1].Original, results[1].Reconstruction, found[1], 0.2), // half of it
		counterfactual.Restore(results[2].Original, results[2].Reconstruction, found[2], 0.4), // no flip that could be undone
		found[3],
	} {
		if restored[i].Values[27] != want.Values[27] {
			t.Errorf("picture %d: %g, want %g", i, restored[i].Values[27], want.Values[27])
		}
		if flipped := after[i][1] > 0.5; flipped != (i != 2) || flipped != (restored[i].Values[27] > 0.6) {
			t.Errorf("picture %d of %g: probabilities %v", i, restored[i].Values[27], after[i])
		}
	}
	kept, after, err := predictor.Restored(results, found, 0)
	if err != nil || kept[1].Values[0] != 0.7 || after[1][1] < 0.5 {
		t.Errorf("threshold 0: %g, %v, %v", kept[1].Values[0], after[1], err)
	}
}
