package train

import (
	"context"
	"errors"
	"strings"
	"testing"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
)

// What the bundle's own diffusion model draws must be of the class asked for, and its autoencoder must keep it.
func TestMeasureOnSamples(t *testing.T) {
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	var classes []int
	for i := range qualityBatch {
		classes = append(classes, []int{1, 8, 9}[i%3]) // trousers, bags and boots are easy to tell apart
	}
	o := diffusion.SampleOptions{Height: 32, Width: 32, Steps: 10, Seed: 1}
	sampler := diffusion.NewSampler(b.Models.Backend, b.Models.Diffusion)
	drawn, err := sampler.Sample(context.Background(), classes, o)
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := counterfactual.Unbatch(drawn)
	if err != nil {
		t.Fatal(err)
	}
	test := &Pictures{Height: 32, Width: 32, Channels: 1}
	for i, p := range pictures {
		for _, v := range p.Values {
			test.pixels = append(test.pixels, byte(v*255+0.5))
		}
		test.Labels = append(test.Labels, int32(classes[i]))
	}
	q, err := Measure(context.Background(), b, test)
	if err != nil {
		t.Fatal(err)
	}
	if q.Pictures != qualityBatch || q.ClassifierAccuracy < 0.85 || q.JudgeAccuracy < 0.85 || q.PSNR < 20 {
		t.Errorf("quality of drawn pictures %+v", q)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := sampler.Sample(cancelled, classes, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled sampling: %v", err)
	}
	if _, err := Measure(cancelled, b, test); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled measuring: %v", err)
	}
	if _, err := sampler.Sample(context.Background(), []int{10}, o); err == nil || !strings.Contains(err.Error(), "class 10") {
		t.Errorf("an eleventh class: %v", err)
	}
}

func TestAssembleSaysWhatIsMissing(t *testing.T) {
	w := &Workshop{Recipe: Fashion(), Dir: t.TempDir()}
	if err := w.Assemble(context.Background(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "otherwise train autoencoder") {
		t.Errorf("got %v", err)
	}
	if err := w.Train(context.Background(), "painter"); err == nil || !strings.Contains(err.Error(), "diffusion") {
		t.Errorf("an unknown network: %v", err)
	}
}
