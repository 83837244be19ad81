package diffusion_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// brightness is of latents of two channels, averaged on 2x2 cells: the first channel's upper cells vary together, the rest alone, and the
// last value not at all.
func brightness(rows int) *mat.Dense {
	rng := nn.Stream(3, "brightness")
	out := mat.NewDense(rows, 8, nil)
	for i := range rows {
		sky := 2 + 3*rng.NormFloat64()
		for k := range 8 {
			out.Set(i, k, float64(k)+0.5*rng.NormFloat64())
		}
		out.Set(i, 0, sky)
		out.Set(i, 2, -sky)
		out.Set(i, 7, 7)
	}
	return out
}

// What is drawn has the mean and the covariance of what it was fitted to, laid on the cells that it was averaged over.
func TestSignalLeakGivesBackWhatItWasFittedTo(t *testing.T) {
	leak := diffusion.SignalLeak{Side: 2, Channels: 2}
	params, err := leak.Fit(brightness(5000))
	if err != nil {
		t.Fatal(err)
	}
	const n = 4000
	program := nn.NewProgram(golden.Backend(t), "leak", func(s []nn.Scope, a []*Node) []*Node {
		start := leak.Start(s[0], a[0], a[1], a[2])
		return []*Node{leak.Average(start), start}
	})
	noise := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "noise", n*4*6*2), n, 4, 6, 2)
	draws := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "draws", n*8), n, 8)
	start := func(alpha float32) (averages *mat.Dense, latents []float32) {
		out, err := program.Call([]*nn.Params{params}, noise, draws, alpha)
		if err != nil {
			t.Fatal(err)
		}
		averages = mat.NewDense(n, 8, nil)
		for i, v := range tensors.MustCopyFlatData[float32](out[0]) {
			averages.Set(i/8, i%8, float64(v))
		}
		return averages, tensors.MustCopyFlatData[float32](out[1])
	}
	drawn, latents := start(1)
	fitted := brightness(5000)
	var got, want mat.SymDense
	stat.CovarianceMatrix(&got, drawn, nil)
	stat.CovarianceMatrix(&want, fitted, nil)
	for i := range 8 {
		if a, b := stat.Mean(mat.Col(nil, i, drawn), nil), stat.Mean(mat.Col(nil, i, fitted), nil); math.Abs(a-b) > 0.2 {
			t.Errorf("value %d: mean %.3f, want %.3f", i, a, b)
		}
		for j := range i + 1 {
			if a, b := got.At(i, j), want.At(i, j); math.Abs(a-b) > 0.05*math.Sqrt(want.At(i, i)*want.At(j, j))+0.01 {
				t.Errorf("values %d and %d: covariance %.3f, want %.3f", i, j, a, b)
			}
		}
	}
	// of the first latent, 4x6: rows 0 and 1 of columns 0 to 2 are one cell, columns 3 to 5 another
	at := func(y, x, c int) float32 { return latents[(y*6+x)*2+c] }
	if at(0, 0, 0) != at(1, 2, 0) || at(0, 3, 0) != at(1, 5, 0) || at(0, 2, 0) == at(0, 3, 0) || at(1, 0, 0) == at(2, 0, 0) {
		t.Errorf("cells aren't where they should be: %v", latents[:48])
	}
	_, latents = start(0)
	golden.Near(t, "noise alone", latents, tensors.MustCopyFlatData[float32](noise), 0)
}

func TestSignalLeakRefuses(t *testing.T) {
	leak := diffusion.SignalLeak{Side: 2, Channels: 2}
	broken := brightness(100)
	broken.Set(5, 5, math.NaN())
	for what, averages := range map[string]*mat.Dense{"more pictures": brightness(8), "NaNs": broken, "8 values": mat.NewDense(100, 7, nil)} {
		if _, err := leak.Fit(averages); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, bad := range []diffusion.SignalLeak{{Side: 0, Channels: 2}, {Side: 17, Channels: 2}, {Side: 2, Channels: 3}} {
		if bad.Validate(2) == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestSamplesStartWithTheLeak(t *testing.T) {
	model := toyModel(t)
	options := diffusion.SampleOptions{Height: 16, Width: 16, Steps: 5}
	draw := func(classes ...int) []float32 {
		out, err := diffusion.NewSampler(golden.Backend(t), model).Sample(t.Context(), classes, options)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float32](out)
	}
	plain := draw(1)
	channels := model.Autoencoder.Channels()
	leak := diffusion.SignalLeak{Side: 2, Channels: channels}
	averages := mat.NewDense(200, leak.Values(), nil)
	for i, v := range nn.Gaussian(4, "averages", 200*leak.Values()) {
		averages.Set(i/leak.Values(), i%leak.Values(), 20+10*float64(v))
	}
	var err error
	if model.LeakParams, err = leak.Fit(averages); err != nil {
		t.Fatal(err)
	}
	model.Leak = &leak
	batch := draw(1, 2)
	golden.Near(t, "alone and in a batch", batch[:len(plain)], draw(1), 1e-4)
	if golden.Compare(batch[:len(plain)], plain, golden.Absolute(1e-3)).Pass {
		t.Error("the leak changes nothing")
	}
	options.Height = 12
	if _, err := diffusion.NewSampler(golden.Backend(t), model).Sample(t.Context(), []int{1}, options); err == nil || !strings.Contains(err.Error(), "multiples of 2") {
		t.Errorf("latents of three rows on two cells: %v", err)
	}
}
