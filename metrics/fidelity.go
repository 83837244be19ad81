package metrics

import (
	"fmt"
	"math"

	"otherwise/counterfactual"
)

// PSNR is the peak signal-to-noise ratio of two pictures in decibels, their peak being 1, at most 100. weights [height, width] say how
// much each pixel counts; nil is all alike.
func PSNR(a, b counterfactual.Picture, weights *counterfactual.Grid) (float64, error) {
	if err := pairs([]counterfactual.Picture{a}, []counterfactual.Picture{b}); err != nil {
		return 0, err
	}
	if weights != nil && (weights.Height != a.Height || weights.Width != a.Width || len(weights.Values) != a.Height*a.Width) {
		return 0, fmt.Errorf("weights of %dx%d for pictures of %dx%d", weights.Width, weights.Height, a.Width, a.Height)
	}
	var sum, total float64
	for i, v := range a.Values {
		w := 1.0
		if weights != nil {
			w = float64(weights.Values[i/a.Channels])
		}
		d := float64(v) - float64(b.Values[i])
		sum, total = sum+w*d*d, total+w
	}
	if total == 0 {
		return 0, fmt.Errorf("the weights are 0 everywhere")
	}
	return -10 * math.Log10(max(sum/total, 1e-10)), nil
}

// The window and the constants of SSIM are those of its authors: a Gaussian of standard deviation 1.5 in 11x11 pixels, K1 = 0.01
// and K2 = 0.03, of values whose range is 1.
const (
	ssimReach = 5
	ssimSigma = 1.5
	ssimC1    = 0.01 * 0.01
	ssimC2    = 0.03 * 0.03
)

// SSIM is the structural similarity of two pictures (Wang et al. 2004), -1 to 1: a mean over channels and over the windows that lie
// within the picture. Pictures smaller than a window are an error.
func SSIM(a, b counterfactual.Picture) (float64, error) {
	if err := pairs([]counterfactual.Picture{a}, []counterfactual.Picture{b}); err != nil {
		return 0, err
	}
	const side = 2*ssimReach + 1
	if a.Height < side || a.Width < side {
		return 0, fmt.Errorf("SSIM of pictures of %dx%d pixels; its windows are %dx%d", a.Width, a.Height, side, side)
	}
	kernel := make([]float64, side)
	var norm float64
	for i := range kernel {
		d := float64(i - ssimReach)
		kernel[i] = math.Exp(-d * d / (2 * ssimSigma * ssimSigma))
		norm += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= norm
	}
	var sum float64
	var count int
	n := a.Height * a.Width
	for c := range a.Channels {
		x, y, xx, yy, xy := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			x[i], y[i] = float64(a.Values[i*a.Channels+c]), float64(b.Values[i*a.Channels+c])
			xx[i], yy[i], xy[i] = x[i]*x[i], y[i]*y[i], x[i]*y[i]
		}
		var means [5][]float64
		for k, values := range [][]float64{x, y, xx, yy, xy} {
			means[k] = blurred(values, a.Height, a.Width, kernel)
		}
		for i := range means[0] {
			mx, my := means[0][i], means[1][i]
			vx, vy, cov := means[2][i]-mx*mx, means[3][i]-my*my, means[4][i]-mx*my
			sum += (2*mx*my + ssimC1) * (2*cov + ssimC2) / ((mx*mx + my*my + ssimC1) * (vx + vy + ssimC2))
			count++
		}
	}
	return sum / float64(count), nil
}

// blurred convolves values [height, width] with a kernel along both axes, where it lies within.
func blurred(values []float64, height, width int, kernel []float64) []float64 {
	w, h := width-len(kernel)+1, height-len(kernel)+1
	rows := make([]float64, height*w)
	for y := range height {
		for x := range w {
			for k, f := range kernel {
				rows[y*w+x] += f * values[y*width+x+k]
			}
		}
	}
	out := make([]float64, h*w)
	for y := range h {
		for x := range w {
			for k, f := range kernel {
				out[y*w+x] += f * rows[(y+k)*w+x]
			}
		}
	}
	return out
}
