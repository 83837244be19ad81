// Package bench measures what users wait for, on the embedded bundle: go test -bench . ./bench
package bench

import (
	"context"
	"image"
	"testing"

	"otherwise/bundle"
	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/ldce"
)

// shirt is a picture that needs no data set: a bright trapezium with two arms.
func shirt(b *testing.B, bd *bundle.Bundle) counterfactual.Picture {
	b.Helper()
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	for y := 3; y < 26; y++ {
		for x := 7; x < 21; x++ {
			img.Pix[y*28+x] = byte(150 + 3*y)
		}
		if y < 12 {
			for x := 2; x < 26; x++ {
				img.Pix[y*28+x] = 170
			}
		}
	}
	p, err := bd.Picture(img)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func problem(b *testing.B, bd *bundle.Bundle) counterfactual.Problem {
	b.Helper()
	p := shirt(b, bd)
	rows, err := counterfactual.NewPredictor(bd.Models).Probabilities(p)
	if err != nil {
		b.Fatal(err)
	}
	return counterfactual.Problem{Picture: p, Target: counterfactual.RunnerUp(rows[0]), Seed: 1}
}

func open(b *testing.B) *bundle.Bundle {
	b.Helper()
	bd, err := bundle.Open(golden.Backend(b), "fashion")
	if err != nil {
		b.Fatal(err)
	}
	return bd
}

// BenchmarkExplain is one picture on warm, compiled models.
func BenchmarkExplain(b *testing.B) {
	bd := open(b)
	p := problem(b, bd)
	for _, name := range bundle.MethodNames() {
		b.Run(name, func(b *testing.B) {
			m, err := bd.Method(name, nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := m.Explain(context.Background(), p, nil); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := m.Explain(context.Background(), p, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFirstExplain is what a fresh process waits for: compiling and one picture.
func BenchmarkFirstExplain(b *testing.B) {
	bd := open(b)
	p := problem(b, bd)
	for _, name := range bundle.MethodNames() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m, err := bd.Method(name, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := m.Explain(context.Background(), p, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLDCEBatch is LDCE on 20 pictures at once; the time is that of all.
func BenchmarkLDCEBatch(b *testing.B) {
	bd := open(b)
	problems := make([]counterfactual.Problem, 20)
	for i := range problems {
		problems[i] = problem(b, bd)
		problems[i].Seed = uint64(i)
	}
	m, err := bd.Method("ldce", nil)
	if err != nil {
		b.Fatal(err)
	}
	batch := m.(*ldce.Method)
	if _, err := batch.ExplainBatch(context.Background(), problems, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := batch.ExplainBatch(context.Background(), problems, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScoreCAM is one activation map.
func BenchmarkScoreCAM(b *testing.B) {
	bd := open(b)
	p := shirt(b, bd)
	mapper, err := cam.New(bd.Models.Backend, bd.Models.Classifier, cam.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := mapper.Map(context.Background(), p, 0); err != nil {
			b.Fatal(err)
		}
	}
}
