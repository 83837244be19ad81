package metrics

import (
	"fmt"
	"math"

	"otherwise/counterfactual"
)

// pairs checks that two lists hold pictures of the same sizes, at least one.
func pairs(a, b []counterfactual.Picture) error {
	if len(a) != len(b) || len(a) == 0 {
		return fmt.Errorf("%d and %d pictures can't be compared one by one; give two lists of one length, not empty", len(a), len(b))
	}
	for i := range a {
		if a[i].Height != b[i].Height || a[i].Width != b[i].Width || a[i].Channels != b[i].Channels || len(a[i].Values) != len(b[i].Values) {
			return fmt.Errorf("pictures %d are %dx%dx%d and %dx%dx%d", i, a[i].Height, a[i].Width, a[i].Channels, b[i].Height, b[i].Width, b[i].Channels)
		}
	}
	return nil
}

// Lp is the distance of originals and counterfactuals: the mean over pictures of (sum |d|^p)^(1/p), over all channels
// (LDCE, equations 16 and 17; ECED's headless columns with p = 1, 1.5 and 2).
func Lp(a, b []counterfactual.Picture, p float64) (float64, error) {
	if err := pairs(a, b); err != nil {
		return 0, err
	}
	if !(p > 0) {
		return 0, fmt.Errorf("norm of order %g; legal is above 0", p)
	}
	var total float64
	for i := range a {
		total += norm(a[i].Values, b[i].Values, p)
	}
	return total / float64(len(a)), nil
}

// norm is (sum |a-b|^p)^(1/p).
func norm(a, b []float32, p float64) float64 {
	var sum float64
	for i := range a {
		sum += math.Pow(math.Abs(float64(a[i])-float64(b[i])), p)
	}
	return math.Pow(sum, 1/p)
}

// RowNorms are what LDCE's script logs as "closeness": for each picture the p-norms of the rows' differences, averaged
// over rows and channels and cut to whole numbers. Values may be of any scale.
func RowNorms(a, b []counterfactual.Picture, p float64) ([]int, error) {
	if err := pairs(a, b); err != nil {
		return nil, err
	}
	out := make([]int, len(a))
	for i, x := range a {
		var total float64
		for y := range x.Height {
			for c := range x.Channels {
				var sum float64
				for k := (y*x.Width)*x.Channels + c; k < (y+1)*x.Width*x.Channels; k += x.Channels {
					sum += math.Pow(math.Abs(float64(x.Values[k])-float64(b[i].Values[k])), p)
				}
				total += math.Pow(sum, 1/p)
			}
		}
		out[i] = int(total / float64(x.Height*x.Channels))
	}
	return out, nil
}

// BackgroundMSE is ECED's background content loss (equation 12): for each picture the mean squared difference over the
// pixels where its mask [height, width] is 0; masks may be soft. A picture without background gives NaN.
func BackgroundMSE(a, b []counterfactual.Picture, masks []counterfactual.Grid) ([]float64, error) {
	if err := pairs(a, b); err != nil {
		return nil, err
	}
	if len(masks) != len(a) {
		return nil, fmt.Errorf("%d masks for %d pictures", len(masks), len(a))
	}
	out := make([]float64, len(a))
	for i, x := range a {
		if masks[i].Height != x.Height || masks[i].Width != x.Width || len(masks[i].Values) != x.Height*x.Width {
			return nil, fmt.Errorf("mask %d is %dx%d, its picture %dx%d", i, masks[i].Height, masks[i].Width, x.Height, x.Width)
		}
		var sum, weight float64
		for j, m := range masks[i].Values {
			background := 1 - float64(m)
			weight += background
			for k := j * x.Channels; k < (j+1)*x.Channels; k++ {
				d := float64(x.Values[k]) - float64(b[i].Values[k])
				sum += d * d * background
			}
		}
		out[i] = sum / (weight * float64(x.Channels))
	}
	return out, nil
}

// z95 is the 97.5 % quantile of the normal distribution.
const z95 = 1.959963984540054

// Interval is the mean of values with the half width of its 95 % interval by normal theory, from the sample's standard
// deviation (n-1). Of fewer than two values the half width is NaN.
func Interval(values []float64) (mean, halfWidth float64) {
	mean = average(values)
	var squares float64
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	n := float64(len(values))
	return mean, z95 * math.Sqrt(squares/(n-1)) / math.Sqrt(n)
}

func average(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
