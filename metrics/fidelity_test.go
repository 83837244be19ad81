package metrics

import (
	"math"
	"testing"

	"otherwise/counterfactual"
)

func TestFidelity(t *testing.T) {
	a := counterfactual.Picture{Height: 16, Width: 20, Channels: 1, Values: make([]float32, 320)}
	for i := range a.Values {
		a.Values[i] = float32(0.5 + 0.4*math.Sin(float64(i%20))*math.Cos(float64(i/20)))
	}
	shifted := func(by float32) counterfactual.Picture {
		b := a
		b.Values = make([]float32, len(a.Values))
		for i, v := range a.Values {
			b.Values[i] = v + by
		}
		return b
	}
	near := func(what string, got, want float64, err error) {
		t.Helper()
		if err != nil || math.Abs(got-want) > 1e-4 {
			t.Errorf("%s is %g (%v), want %g", what, got, err, want)
		}
	}
	psnr, err := PSNR(a, shifted(0.1), nil)
	near("PSNR of a shift by 0.1", psnr, 20, err)
	psnr, err = PSNR(a, a, nil)
	near("PSNR of the same", psnr, 100, err)
	weights := &counterfactual.Grid{Height: 16, Width: 20, Channels: 1, Values: make([]float32, 320)}
	weights.Values[7] = 1
	b := shifted(0)
	b.Values[7] += 0.01
	b.Values[8] -= 0.5
	psnr, err = PSNR(a, b, weights)
	near("PSNR of one pixel", psnr, 40, err)
	same, err := SSIM(a, a)
	near("SSIM of the same", same, 1, err)

	// of two constants only the means are left: (2xy + C1) / (x^2 + y^2 + C1)
	flat := func(v float32) counterfactual.Picture {
		p := counterfactual.Picture{Height: 11, Width: 11, Channels: 3, Values: make([]float32, 363)}
		for i := range p.Values {
			p.Values[i] = v
		}
		return p
	}
	constant, err := SSIM(flat(0.2), flat(0.6))
	near("SSIM of constants", constant, (2*0.12+1e-4)/(0.04+0.36+1e-4), err)
	inverted := shifted(0)
	for i, v := range inverted.Values {
		inverted.Values[i] = 1 - v
	}
	if against, err := SSIM(a, inverted); err != nil || against > -0.5 {
		t.Errorf("SSIM with the negative is %g, %v", against, err)
	}
	small := counterfactual.Picture{Height: 10, Width: 20, Channels: 1, Values: make([]float32, 200)}
	if _, err := SSIM(small, small); err == nil {
		t.Error("a picture smaller than a window passes")
	}
	if _, err := PSNR(a, small, nil); err == nil {
		t.Error("two sizes pass")
	}
	if _, err := PSNR(a, a, &counterfactual.Grid{Height: 16, Width: 20, Values: make([]float32, 320)}); err == nil {
		t.Error("weights of nothing pass")
	}
}
