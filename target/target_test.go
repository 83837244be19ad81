package target_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/target"
)

// plain is an encoder whose features are a picture's values.
type plain struct{}

func (plain) Preprocess(x01 *Node) *Node { return x01 }

func (plain) Embed(_ nn.Scope, x *Node) *Node { return Reshape(x, x.Shape().Dimensions[0], -1) }

func picture(values ...float32) counterfactual.Picture {
	return counterfactual.Picture{Height: 1, Width: len(values), Channels: 1, Values: values}
}

// reference has its outlier of class 3 nearest to (1, 0), but that class's mean far away.
func reference(t *testing.T, among int) target.Options {
	return target.Options{Among: among, Embedder: counterfactual.NewEmbedder(golden.Backend(t), plain{}, nn.NewParams()),
		Reference: []counterfactual.Picture{picture(1, 0), picture(1, 0.05), picture(0, 1), picture(0.1, 1), picture(1, 0.3), picture(0.9, 0.4), picture(1, 1)},
		Labels:    []int{0, 3, 3, 3, 1, 1, 2}}
}

var names = []string{"a", "b", "c", "d"}

func TestCandidates(t *testing.T) {
	zebra := make([]float64, 1000)
	zebra[340] = 1
	for _, c := range []struct {
		strategy string
		classes  []string
		says     []float64
		options  target.Options
		want     []int
	}{
		{target.Second, names, []float64{0.1, 0.6, 0.1, 0.2}, target.Options{}, []int{3}},
		{target.Opposite, names[:2], []float64{0.3, 0.7}, target.Options{}, []int{0}},
		{target.Opposite, names[:2], []float64{0.8, 0.2}, target.Options{}, []int{1}},
		{target.WordNet, classify.ImageNetClasses(), zebra, target.Options{Among: 1}, []int{339}},
		{target.Features, names, []float64{1, 0, 0, 0}, reference(t, 0), []int{3, 1, 2}},
		{target.Features, names, []float64{1, 0, 0, 0}, reference(t, 2), []int{3, 1}},
		{target.ClassMeans, names, []float64{1, 0, 0, 0}, reference(t, 0), []int{1, 2, 3}},
		{target.ClassMeans, names, []float64{0, 1, 0, 0}, reference(t, 1), []int{0}}, // its own class is left out
	} {
		s, err := target.New(t.Context(), c.strategy, c.classes, c.options)
		if err != nil {
			t.Fatalf("%s: %v", c.strategy, err)
		}
		got, err := s.Candidates(t.Context(), picture(1, 0), c.says)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v (%v), want %v", c.strategy, got, err, c.want)
		}
	}
}

// Every candidate is chosen by some seed, and each seed always chooses the same.
func TestSelectChoosesBySeed(t *testing.T) {
	s, err := target.New(t.Context(), target.WordNet, classify.ImageNetClasses(), target.Options{})
	if err != nil {
		t.Fatal(err)
	}
	says := make([]float64, 1000)
	says[283] = 1
	candidates, err := s.Candidates(t.Context(), picture(1), says)
	if err != nil || len(candidates) != 5 {
		t.Fatalf("candidates %v, %v: want LDCE's five", candidates, err)
	}
	chosen := map[int]bool{}
	for seed := range uint64(60) {
		first, err := s.Select(t.Context(), picture(1), says, seed)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := s.Select(t.Context(), picture(1), says, seed)
		if first != again || !slices.Contains(candidates, first) {
			t.Fatalf("seed %d chose %d and %d of %v", seed, first, again, candidates)
		}
		chosen[first] = true
	}
	if len(chosen) != 5 {
		t.Errorf("60 seeds chose only %v of %v", chosen, candidates)
	}
}

func TestNewRefuses(t *testing.T) {
	bare := reference(t, 0)
	bare.Embedder = nil
	unlabelled := reference(t, 0)
	unlabelled.Labels = nil
	strange := reference(t, 0)
	strange.Labels = []int{0, 0, 0, 0, 0, 0, 4}
	for word, c := range map[string]struct {
		strategy string
		classes  []string
		options  target.Options
	}{
		"ImageNet's 1000 classes": {target.WordNet, names, target.Options{}},
		"only one of two":         {target.Opposite, names, target.Options{}},
		"legal are second":        {"nearest", names, target.Options{}},
		"needs an encoder":        {target.Features, names, bare},
		"7 pictures with 0":       {target.ClassMeans, names, unlabelled},
		"of class 4":              {target.Features, names, strange},
		"among -1":                {target.WordNet, classify.ImageNetClasses(), target.Options{Among: -1}},
		"0 nearest of 1 classes":  {target.Second, names[:1], target.Options{}},
	} {
		if _, err := target.New(t.Context(), c.strategy, c.classes, c.options); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got %v", word, err)
		}
	}
	own := reference(t, 0)
	own.Reference, own.Labels = own.Reference[:1], own.Labels[:1]
	s, err := target.New(t.Context(), target.Features, names, own)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Select(t.Context(), picture(1, 0), []float64{1, 0, 0, 0}, 1); err == nil || !strings.Contains(err.Error(), "own class") {
		t.Errorf("nothing but the own class: %v", err)
	}
}
