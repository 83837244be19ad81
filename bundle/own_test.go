package bundle_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/bundle"
	"otherwise/classify"
	"otherwise/classify/onnx"
	"otherwise/counterfactual"
	"otherwise/datasets/picture"
	"otherwise/internal/golden"
)

// fashionONNX is the small classifier of the notebooks, which was trained elsewhere.
func fashionONNX(t *testing.T, classes []string) *classify.Classifier {
	t.Helper()
	c, err := onnx.Open(golden.Backend(t), "../testdata/classifier/fashion.onnx", onnx.Options{Classes: classes,
		Preprocessing: classify.Preprocessing{Crop: 28, Mean: []float64{.286, .286, .286}, Std: []float64{.353, .353, .353}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClassifierOfOnesOwn(t *testing.T) {
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	own, err := b.WithClassifier(fashionONNX(t, b.Classes))
	if err != nil {
		t.Fatal(err)
	}
	if b.Models.Classifier == own.Models.Classifier {
		t.Error("the bundle's own classifier is still there, or it was replaced in the bundle itself")
	}
	files, err := filepath.Glob("../testdata/pictures/*.png")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	for _, file := range files {
		img, err := picture.Open(file, picture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := own.Picture(img)
		if err != nil {
			t.Fatal(err)
		}
		said, err := counterfactual.NewPredictor(own.Models).Probabilities(p)
		if err != nil {
			t.Fatal(err)
		}
		// Names of files begin with the number of their class.
		if want := int(filepath.Base(file)[0] - '0'); counterfactual.ArgMax(said[0]) != want {
			t.Errorf("%s is taken for %s", file, own.Classes[counterfactual.ArgMax(said[0])])
		}
	}
}

func TestClassifiersThatDontFit(t *testing.T) {
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	turned := slices.Clone(b.Classes)
	slices.Reverse(turned)
	if _, err := b.WithClassifier(fashionONNX(t, turned)); err == nil || !strings.Contains(err.Error(), `class 0 is "Ankle boot" for the classifier and "T-shirt/top"`) {
		t.Errorf("classes in another order: %v", err)
	}
	c := fashionONNX(t, b.Classes)
	c.Classes = c.Classes[:2]
	if _, err := b.WithClassifier(c); err == nil || !strings.Contains(err.Error(), "has 2 classes") {
		t.Errorf("two classes: %v", err)
	}
	c.Classes = b.Classes
	c.Network = coloured{c.Network}
	if _, err := b.WithClassifier(c); err == nil || !strings.Contains(err.Error(), "32x32 pixels, 1 channels: colour is wanted") {
		t.Errorf("a network that refuses grey pictures: %v", err)
	}
}

// coloured is a network that takes coloured pictures only.
type coloured struct{ classify.Network }

func (c coloured) Preprocess(x01 *graph.Node) *graph.Node {
	if x01.Shape().Dimensions[3] != 3 {
		exceptions.Panicf("colour is wanted")
	}
	return c.Network.Preprocess(x01)
}
