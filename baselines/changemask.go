package baselines

import (
	"math"

	"otherwise/cam"
	"otherwise/counterfactual"
)

// ChangeMask is how much two pictures [height, width, channels] differ at each position: the sum over channels of |a-b|, divided by
// its maximum; and the same dilated by a square maximum filter of odd size. Identical pictures give 0 everywhere (ACE's public
// code: 0/0). Source: ACE, Eq. 6; SPEC-BASELINES section 4.
func ChangeMask(a, b counterfactual.Grid, dilation int) (mask, dilated *counterfactual.Grid) {
	mask = &counterfactual.Grid{Height: a.Height, Width: a.Width, Channels: 1, Values: make([]float32, a.Height*a.Width)}
	var largest float32
	for i := range mask.Values {
		for c := range a.Channels {
			mask.Values[i] += float32(math.Abs(float64(a.Values[i*a.Channels+c] - b.Values[i*a.Channels+c])))
		}
		largest = max(largest, mask.Values[i])
	}
	if largest > 0 {
		for i := range mask.Values {
			mask.Values[i] /= largest
		}
	}
	return mask, dilate(mask, dilation)
}

// dilate is a square maximum filter of odd size; beyond the border there is nothing.
func dilate(g *counterfactual.Grid, size int) *counterfactual.Grid {
	rows := largestAlong(g, size, g.Width, 1)
	return largestAlong(rows, size, g.Height, g.Width)
}

// largestAlong is the maximum filter along one axis, of the given length and stride.
func largestAlong(g *counterfactual.Grid, size, length, stride int) *counterfactual.Grid {
	out := &counterfactual.Grid{Height: g.Height, Width: g.Width, Channels: 1, Values: make([]float32, len(g.Values))}
	for i := range g.Values {
		at := i / stride % length
		v := g.Values[i]
		for o := max(-size/2, -at); o <= min(size/2, length-1-at); o++ {
			v = max(v, g.Values[i+o*stride])
		}
		out.Values[i] = v
	}
	return out
}

// Keep is 1 where a dilated change is below the threshold: there the original stays.
func Keep(dilated *counterfactual.Grid, threshold float64) *counterfactual.Grid {
	return each(dilated, func(v float32) float32 {
		if v < float32(threshold) {
			return 1
		}
		return 0
	})
}

// KeepLatent takes a mask of what stays to the latent's grid: a position stays only if all its pixels do.
func KeepLatent(keep *counterfactual.Grid, factor int) (*counterfactual.Grid, error) {
	return cam.Downsample(keep, factor, cam.All)
}

// opposite turns a mask of what stays to one of what may change, and back.
func opposite(mask *counterfactual.Grid) *counterfactual.Grid {
	return each(mask, func(v float32) float32 { return 1 - v })
}

func each(g *counterfactual.Grid, f func(float32) float32) *counterfactual.Grid {
	out := &counterfactual.Grid{Height: g.Height, Width: g.Width, Channels: g.Channels, Values: make([]float32, len(g.Values))}
	for i, v := range g.Values {
		out.Values[i] = f(v)
	}
	return out
}

// enlarge repeats each position of a mask factor times along both axes.
func enlarge(g *counterfactual.Grid, factor int) *counterfactual.Grid {
	out := &counterfactual.Grid{Height: g.Height * factor, Width: g.Width * factor, Channels: 1}
	for i := range out.Height {
		for j := range out.Width {
			out.Values = append(out.Values, g.Values[i/factor*g.Width+j/factor])
		}
	}
	return out
}

// Paste puts the original back where the mask is 0.
func Paste(edited, original counterfactual.Picture, mask *counterfactual.Grid) counterfactual.Picture {
	out := edited
	out.Values = make([]float32, len(edited.Values))
	for i, v := range edited.Values {
		m := mask.Values[i/edited.Channels]
		out.Values[i] = v*m + original.Values[i]*(1-m)
	}
	return out
}

// scaled takes an odd filter size that suits pictures of one height to pictures of another; at least 1.
func scaled(size, at, height int) int {
	n := int(math.Round(float64(size) * float64(height) / float64(at)))
	return max(1, n-(n+1)%2)
}
