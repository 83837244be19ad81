package ldce

import (
	"context"
	"math"
	"slices"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/toy"
)

// The fields of a trace are those that the step was made with: their angles are the trace's, and the clean latent's picture is the step's. Asking for them
// changes nothing else, and not asking keeps none.
func TestTraceFields(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	p := toyProblems(t, m)[0]
	results := map[bool]*counterfactual.Result{}
	for _, fields := range []bool{false, true} {
		method, err := New(m, Options{DDIMSteps: 20, Strength: new(0.2), TraceFrames: 2, TraceFields: fields})
		if err != nil {
			t.Fatal(err)
		}
		if results[fields], err = method.Explain(context.Background(), p, nil); err != nil {
			t.Fatal(err)
		}
	}
	if d := largestDifference(results[false].Counterfactual, results[true].Counterfactual); d > 1e-5 {
		t.Errorf("with fields in the trace, the picture differs by %g", d)
	}
	kept := 0
	for i, s := range results[true].Steps {
		plain := results[false].Steps[i]
		if plain.Gradient != nil || plain.Direction != nil || plain.X0 != nil {
			t.Errorf("step %d has fields that nobody asked for", i)
		}
		if s.Latent == nil {
			if s.Gradient != nil {
				t.Errorf("step %d is no frame and has a gradient", i)
			}
			continue
		}
		kept++
		for at, want := range s.Cosines.Values {
			c := s.Latent.Channels
			g, d := s.Gradient.Values[at*c:(at+1)*c], s.Direction.Values[at*c:(at+1)*c]
			if got := cosine(g, d); math.Abs(got-float64(want)) > 1e-3 {
				t.Fatalf("step %d, location %d: cosine of the fields is %g, the trace's %g", i, at, got, want)
			}
		}
		pictures, err := counterfactual.NewDecoder(m).Decode(*s.X0, *s.X0)
		if err != nil {
			t.Fatal(err)
		}
		if d := largestDifference(pictures[1], *s.Decoded); d > 1e-4 {
			t.Errorf("step %d: the clean latent's picture differs from the step's by %g", i, d)
		}
	}
	if kept != 2 {
		t.Errorf("%d frames, want 2", kept)
	}
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

func TestDecoderRefuses(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	decoder := counterfactual.NewDecoder(m)
	c := m.Diffusion.Autoencoder.Channels()
	good := counterfactual.Grid{Height: 2, Width: 2, Channels: c, Values: make([]float32, 4*c)}
	for name, latents := range map[string][]counterfactual.Grid{
		"channels": {{Height: 2, Width: 2, Channels: c + 1, Values: make([]float32, 4*(c+1))}},
		"sizes":    {good, {Height: 1, Width: 2, Channels: c, Values: make([]float32, 2*c)}},
		"values":   {{Height: 2, Width: 2, Channels: c, Values: slices.Clone(good.Values[:1])}},
		"empty":    {{Channels: c}},
	} {
		if _, err := decoder.Decode(latents...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if pictures, err := decoder.Decode(); err != nil || pictures != nil {
		t.Errorf("of nothing: %v, %v", pictures, err)
	}
}
