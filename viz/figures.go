package viz

import (
	"fmt"

	"otherwise/counterfactual"
)

// Figures are the parts of a result that a page shows, the outcome first: what differs between the methods comes last, so
// that their common pictures stand below each other. A result that makes no sense is an error.
func Figures(r *counterfactual.Result) ([]Figure, error) {
	if err := check(r); err != nil {
		return nil, err
	}
	out := append([]Figure{originalFigure(r), counterfactualFigure(r)}, truthFigures(r)...)
	out = append(out, changeFigures(r)...)
	return append(out, regionFigures(r)...), nil
}

// said is what a classifier says of a picture: its class and that class's probability.
func said(r *counterfactual.Result, probabilities []float64) string {
	best := counterfactual.ArgMax(probabilities)
	return r.Classes[best] + " " + Probability(probabilities[best])
}

func originalFigure(r *counterfactual.Result) Figure {
	return Figure{Title: "original", Caption: said(r, r.Before), Picture: Image(r.Original)}
}

func counterfactualFigure(r *counterfactual.Result) Figure {
	return Figure{Title: "counterfactual", Caption: said(r, r.After), Picture: Image(r.Counterfactual)}
}

// truthFigures is the true counterfactual, where it is known.
func truthFigures(r *counterfactual.Result) []Figure {
	if r.Truth == nil {
		return nil
	}
	return []Figure{{Title: "true counterfactual", Caption: "the same as " + r.Classes[r.Target], Picture: Image(*r.Truth)}}
}

// changeFigures are what the method changed, and what the autoencoder did alone.
func changeFigures(r *counterfactual.Result) []Figure {
	out := []Figure{{Title: "difference", Caption: "blue darker, red brighter", Picture: Difference(r.Original, r.Counterfactual), Bar: DifferenceBar()}}
	if amplified, factor := Amplified(r.Original, r.Counterfactual, 0); factor > 1 {
		out = append(out, Figure{Title: "amplified", Caption: fmt.Sprintf("difference × %g on grey", factor), Picture: amplified})
	}
	if len(r.Reconstruction.Values) > 0 {
		out = append(out, Figure{Title: "reconstruction", Caption: "before any change", Picture: Image(r.Reconstruction)})
	}
	if r.Pasted != nil {
		out = append(out, Figure{Title: "original pasted", Caption: said(r, r.Pasted.After), Picture: Image(r.Pasted.Picture)})
	}
	return out
}

// differenceTitle is what the map is called that a mask is cut from where it isn't the classifier's.
const differenceTitle = "class difference"

// mapWords are title and caption of the map that a mask is cut from.
func mapWords(r *counterfactual.Result) (title, caption string) {
	if r.Region == counterfactual.RegionDiffEdit {
		return differenceTitle, "drawn otherwise"
	}
	return "activation map", "where it looks"
}

// regionFigures are where the picture may change, or was steered.
func regionFigures(r *counterfactual.Result) []Figure {
	var out []Figure
	if r.ActivationMap != nil {
		title, caption := mapWords(r)
		out = append(out, Figure{Title: title, Caption: caption, Picture: Overlay(r.Original, r.ActivationMap, OverlayAlpha),
			Bar: HeatBar("0", "1")})
	}
	if r.Mask != nil {
		out = append(out, maskFigure("mask", "may change", r.Original, r.Mask))
	}
	if r.LatentMask != nil {
		out = append(out, maskFigure("latent mask", fmt.Sprintf("on %dx%d cells", r.LatentMask.Width, r.LatentMask.Height), r.Original, r.LatentMask))
	}
	if r.Consensus != nil {
		out = append(out, Figure{Title: "consensus map", Caption: "share of steps steered",
			Picture: Heat(r.Consensus, r.Original.Width, r.Original.Height), Bar: HeatBar("0", "1")})
	}
	return out
}

func maskFigure(title, what string, p counterfactual.Picture, mask *counterfactual.Grid) Figure {
	// An outline has more pixels than its picture, and is shown as large.
	side := shownSideOf(p)
	return Figure{Title: title, Caption: fmt.Sprintf("%.1f %% %s", 100*share(mask), what), Picture: shrink(Outline(p, mask), side), Side: side,
		Alt: fmt.Sprintf("%s: the outline of the %.1f %% of the picture that may change", title, 100*share(mask))}
}

// share is the mean of a mask.
func share(mask *counterfactual.Grid) float64 {
	var sum float64
	for _, v := range mask.Values {
		sum += float64(v)
	}
	return sum / float64(max(1, len(mask.Values)))
}

// shownSideOf is the longer side of a picture on the screen.
func shownSideOf(p counterfactual.Picture) int {
	size := Figure{Picture: Image(p)}.shown()
	return max(size.X, size.Y)
}
