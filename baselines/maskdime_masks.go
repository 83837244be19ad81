package baselines

import (
	"cmp"
	"math"
	"slices"

	"otherwise/counterfactual"
)

// GradientMasks are two nested masks of the strongest positions of a gradient [height, width, channels], by the mean over channels of
// its size: outer of the share r1 of all positions, inner of the share r2 of those, at least one position each, both grown by a
// square maximum filter of odd size. With perChannel each channel has masks of its own. Of equal strengths the first come first.
// (The public code blurs with a Gaussian and keeps all above 0, which is the same set.) Source: MaskDiME's public code;
// SPEC-MASKDIME, step 3.
func GradientMasks(g counterfactual.Grid, r1, r2 float64, size int, perChannel bool) (outer, inner *counterfactual.Grid) {
	layers := 1
	if perChannel {
		layers = g.Channels
	}
	outer = &counterfactual.Grid{Height: g.Height, Width: g.Width, Channels: layers, Values: make([]float32, g.Height*g.Width*layers)}
	inner = &counterfactual.Grid{Height: g.Height, Width: g.Width, Channels: layers, Values: make([]float32, g.Height*g.Width*layers)}
	k1 := max(1, int(r1*float64(g.Height)*float64(g.Width)))
	k2 := max(1, int(r2*float64(k1)))
	for layer := range layers {
		order := strongest(g, layer, perChannel)
		for mask, k := range map[*counterfactual.Grid]int{outer: k1, inner: k2} {
			chosen := &counterfactual.Grid{Height: g.Height, Width: g.Width, Channels: 1, Values: make([]float32, g.Height*g.Width)}
			for _, at := range order[:k] {
				chosen.Values[at] = 1
			}
			for i, v := range dilate(chosen, size).Values {
				mask.Values[i*layers+layer] = v
			}
		}
	}
	return outer, inner
}

// strongest orders positions by the gradient's strength, the largest first.
func strongest(g counterfactual.Grid, layer int, perChannel bool) []int {
	strength := make([]float64, g.Height*g.Width)
	order := make([]int, len(strength))
	for i := range strength {
		order[i] = i
		if perChannel {
			strength[i] = math.Abs(float64(g.Values[i*g.Channels+layer]))
			continue
		}
		for c := range g.Channels {
			strength[i] += math.Abs(float64(g.Values[i*g.Channels+c]))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(strength[b], strength[a]) })
	return order
}

// anyChannel is 1 where any channel of a mask is.
func anyChannel(mask *counterfactual.Grid) *counterfactual.Grid {
	out := &counterfactual.Grid{Height: mask.Height, Width: mask.Width, Channels: 1, Values: make([]float32, mask.Height*mask.Width)}
	for i, v := range mask.Values {
		out.Values[i/mask.Channels] = max(out.Values[i/mask.Channels], v)
	}
	return out
}
