package viz

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"
)

// methodView sums up the runs of a method.
type methodView struct {
	Name, Flipped, Confirmed, L1, Seconds string
}

// summarise counts the runs by method, in the order in which methods appear. A run that failed has not flipped; means
// are over those that didn't fail.
func summarise(items []itemView) []methodView {
	type sums struct {
		runs, sound, flipped, judged, confirmed int
		l1, seconds                             float64
	}
	var order []string
	methods := map[string]*sums{}
	for _, item := range items {
		for _, run := range item.Runs {
			s := methods[run.Method]
			if s == nil {
				s = &sums{}
				methods[run.Method] = s
				order = append(order, run.Method)
			}
			s.runs++
			if run.Error != "" {
				continue
			}
			s.sound++
			s.l1 += run.distance
			s.seconds += run.seconds
			if run.Flipped {
				s.flipped++
			}
			if run.Judged {
				s.judged++
			}
			if run.Confirmed {
				s.confirmed++
			}
		}
	}
	var out []methodView
	for _, name := range order {
		s := methods[name]
		m := methodView{Name: name, Flipped: fmt.Sprintf("%d of %d", s.flipped, s.runs), Confirmed: "–", L1: "–", Seconds: "–"}
		if s.judged > 0 {
			m.Confirmed = fmt.Sprintf("%d of %d", s.confirmed, s.runs)
		}
		if s.sound > 0 {
			m.L1 = fmt.Sprintf("%.3f", s.l1/float64(s.sound))
			m.Seconds = fmt.Sprintf("%.1f", s.seconds/float64(s.sound))
		}
		out = append(out, m)
	}
	return out
}

// legendView explains a kind of picture; Ramp, if any, is its colours from Low to High.
type legendView struct {
	Title, Text string
	Ramp        template.CSS
	Low, High   string
}

// legend explains the kinds of pictures that are in the page.
func legend(items []itemView) []legendView {
	present := map[string]bool{}
	for _, item := range items {
		for _, run := range item.Runs {
			for _, p := range run.Pictures {
				present[p.Title] = true
			}
			present["steps"] = present["steps"] || len(run.Frames) > 0
		}
	}
	heat, difference := ramp(heatPalette()), ramp(differencePalette())
	scale := fmt.Sprint(DifferenceScale)
	var out []legendView
	for _, l := range []legendView{
		{Title: "original", Text: "The picture as the classifier sees it, with the class it gives."},
		{Title: "counterfactual", Text: "A picture as near as the method finds that the classifier gives the target class: " +
			"what would have had to be different."},
		{Title: "difference", Text: "Counterfactual minus original. White is unchanged. Values run from 0 to 1; a change of " +
			scale + " or more has the full colour.", Ramp: difference, Low: "−" + scale + " darker", High: "+" + scale + " brighter"},
		{Title: "amplified", Text: "The difference on middle grey, as many times as strong as it says below: small changes can be seen."},
		{Title: "reconstruction", Text: "The original through the autoencoder (in ECED with background and decoder fitted), with nothing else changed. What differs " +
			"here is the model's loss, not an explanation."},
		{Title: "activation map", Text: "Where the classifier looks for its decision, laid over the original.",
			Ramp: heat, Low: "0 ignored", High: "1 decisive"},
		{Title: differenceTitle, Text: "Where the diffusion model would draw the target class otherwise, laid over the original.",
			Ramp: heat, Low: "0 alike", High: "1 otherwise"},
		{Title: "mask", Text: "The map above a threshold. Inside the orange line the picture may change, outside it stays."},
		{Title: "latent mask", Text: "The mask on the latent's coarser grid, on which it acts."},
		{Title: "consensus map", Text: "In what share of the steps the classifier's wish and the diffusion model's agreed, so " +
			"that the place was steered.", Ramp: heat, Low: "0 never", High: "1 always"},
		{Title: "steps", Text: fmt.Sprintf("The picture that each step implies and, below it, the latent's channels (black −%d, white +%d); "+
			"the number is the target's probability. The curve has every step.", LatentScale, LatentScale)},
	} {
		if present[l.Title] {
			out = append(out, l)
		}
	}
	return out
}

// ramp is a colour map as a CSS background. The palette's last colour, for NaN, is left out.
func ramp(p color.Palette) template.CSS {
	const stops = 16
	colors := make([]string, stops+1)
	for i := range colors {
		c := color.RGBAModel.Convert(p[i*(len(p)-2)/stops]).(color.RGBA)
		colors[i] = fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	return template.CSS("background:linear-gradient(to right," + strings.Join(colors, ",") + ")")
}
