package viz

import (
	"fmt"
	"image"
	"image/png"
	"io"

	"otherwise/counterfactual"
)

// RunInfo is what a result itself doesn't know about the run that made it.
type RunInfo struct {
	Version    string // of this program
	Bundle     string // the models' name
	BundleHash string
	Backend    string // what computed, such as "xla:cpu"
	Image      string // where the original comes from: a file, or a data set and a number

	// Confirmed is the verdict of a second classifier, trained independently, on the counterfactual: does it see the
	// target too? JudgeProbability is the probability it gives the target. Nil without such a judge.
	Confirmed        *bool
	JudgeProbability *float64
}

// owned are the pictures that a folder of [WriteResult] may hold.
var owned = []string{"original.png", "counterfactual.png", "reconstruction.png", "difference.png", "activation.png",
	"overlay.png", "mask.png", "outline.png", "consensus.png", "pasted.png", "truth.png", "steps.png", "latents.png", "overview.png"}

// WriteResult writes a result to the folder dir: original.png, counterfactual.png, reconstruction.png, difference.png and
// what the method has of activation.png, overlay.png, mask.png, outline.png (ECED), consensus.png (LDCE), pasted.png and, where it is known, truth.png, all at the
// picture's size (outline.png larger, its line is thinner than a pixel); the sheets overview.png, steps.png and
// latents.png, enlarged and labelled; and, last, result.json with the numbers and options.
//
// The files arrive together or not at all: after an error the folder is what it was. Pictures that an earlier result
// left there and this one doesn't have are removed.
func WriteResult(dir string, r *counterfactual.Result, info RunInfo) error {
	if err := check(r); err != nil {
		return fmt.Errorf("cannot write a result to %s: %w", dir, err)
	}
	var files []file
	for _, p := range append(parts(r), sheets(r)...) {
		files = append(files, file{p.name + ".png", func(w io.Writer) error { return png.Encode(w, p.image) }})
	}
	files = append(files, file{"result.json", func(w io.Writer) error { return writeJSON(w, r, info) }})
	return replaceFiles(dir, files, owned)
}

// part is a picture of a result.
type part struct {
	name  string // of the file, without .png
	title string
	image image.Image
}

// parts are the pictures that a result has, in the order in which one looks at them.
func parts(r *counterfactual.Result) []part {
	width, height := r.Original.Width, r.Original.Height
	out := []part{{"original", "original", Image(r.Original)}}
	if r.ActivationMap != nil {
		title, _ := mapWords(r)
		out = append(out, part{"activation", title, Heat(r.ActivationMap, width, height)},
			part{"overlay", title + ", overlaid", Overlay(r.Original, r.ActivationMap, OverlayAlpha)})
	}
	if r.Mask != nil {
		out = append(out, part{"mask", "mask", MaskImage(r.Mask)}, part{"outline", "mask's outline", Outline(r.Original, r.Mask)})
	}
	if r.Consensus != nil {
		out = append(out, part{"consensus", "consensus map", Heat(r.Consensus, width, height)})
	}
	if len(r.Reconstruction.Values) > 0 {
		out = append(out, part{"reconstruction", "reconstruction", Image(r.Reconstruction)})
	}
	out = append(out, part{"counterfactual", "counterfactual", Image(r.Counterfactual)})
	if r.Truth != nil {
		out = append(out, part{"truth", "true counterfactual", Image(*r.Truth)})
	}
	out = append(out, part{"difference", "difference", Difference(r.Original, r.Counterfactual)})
	if r.Pasted != nil {
		out = append(out, part{"pasted", "original pasted", Image(r.Pasted.Picture)})
	}
	return out
}

// sheets are the labelled pictures made of several.
func sheets(r *counterfactual.Result) []part {
	classes := r.Classes
	var overview, steps, latents struct {
		images []image.Image
		labels []string
	}
	for _, p := range parts(r) {
		detail := ""
		switch p.name {
		case "original":
			detail = fmt.Sprintf("%s %.2f", classes[r.Predicted], r.Before[r.Predicted])
		case "counterfactual":
			best := counterfactual.ArgMax(r.After)
			detail = fmt.Sprintf("%s %.2f", classes[best], r.After[best])
		case "pasted":
			best := counterfactual.ArgMax(r.Pasted.After)
			detail = fmt.Sprintf("%s %.2f", classes[best], r.Pasted.After[best])
		case "truth":
			detail = classes[r.Target]
		case "difference":
			detail = fmt.Sprintf("-%g blue, +%g red", DifferenceScale, DifferenceScale)
		}
		overview.images = append(overview.images, p.image)
		overview.labels = append(overview.labels, p.title+"\n"+detail)
	}
	for _, s := range frames(r.Steps, 0) {
		if s.Decoded != nil {
			steps.images = append(steps.images, Image(*s.Decoded))
			steps.labels = append(steps.labels, fmt.Sprintf("%s\n%.2f", label(s), s.TargetProbability))
		}
		if s.Latent != nil {
			latents.images = append(latents.images, Latent(s.Latent))
			latents.labels = append(latents.labels, label(s))
		}
	}
	out := []part{{"overview", "", Strip(overview.images, overview.labels)}}
	if len(steps.images) > 0 {
		out = append(out, part{"steps", "", Strip(steps.images, steps.labels)})
	}
	if len(latents.images) > 0 {
		out = append(out, part{"latents", "", Strip(latents.images, latents.labels)})
	}
	return out
}
