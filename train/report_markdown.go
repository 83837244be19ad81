package train

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Markdown writes the report as a table beside its aims, which are this project's own.
func (r *Report) Markdown() string {
	var text strings.Builder
	row := func(measure, aim, measured string) { fmt.Fprintf(&text, "| %s | %s | %s |\n", measure, aim, measured) }
	percent := func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
	fmt.Fprintf(&text, "# Bundle %s\n\n", r.Bundle)
	row("measure", "aim", "measured")
	text.WriteString("|---|---|---|\n")
	q := r.Quality
	row(fmt.Sprintf("reconstruction PSNR, %d test pictures", q.Pictures), ">= 26 dB", fmt.Sprintf("%.2f dB", q.PSNR))
	row("reconstruction SSIM", ">= 0.85", fmt.Sprintf("%.3f", q.SSIM))
	if q.SubjectPSNR != nil {
		row("PSNR of the subject alone", "", fmt.Sprintf("%.2f dB", *q.SubjectPSNR))
	}
	for _, c := range r.Classifiers {
		name := "classifier"
		if c.Task != "" {
			name += ", " + c.Task
		}
		if c.Promised == nil {
			row("accuracy of the "+name, ">= 97 %", percent(c.Accuracy))
			continue
		}
		var biases []string
		for _, b := range c.Bias {
			biases = append(biases, b.String())
		}
		row(fmt.Sprintf("the same, fitted with %s: pictures so biased, others", strings.Join(biases, ", ")), "a gap >= 20 points",
			fmt.Sprintf("%s, %s: %.1f points", percent(*c.Promised), percent(c.Accuracy), 100*(*c.Promised-c.Accuracy)))
	}
	tasks := map[string]bool{}
	for _, c := range r.Classifiers {
		if !tasks[c.Task] {
			row(strings.TrimSuffix("accuracy of the judge, "+c.Task, ", "), "", percent(c.Judge))
		}
		tasks[c.Task] = true
	}
	var factors []string
	for _, name := range slices.Sorted(maps.Keys(r.Factors)) {
		factors = append(factors, fmt.Sprintf("%s %s", name, percent(r.Factors[name])))
	}
	if len(factors) > 0 {
		row("the judge, factor by factor", "", strings.Join(factors, ", "))
	}
	g := r.Generated
	row(fmt.Sprintf("%d generated pictures (%d steps, guidance %g): given the class asked for by the judge", g.Pictures, g.Steps, g.GuidanceScale), ">= 95 %", percent(g.Judge))
	row("... by the classifier", "", percent(g.Classifier))
	if g.Frechet != nil {
		row("Frechet distance to real pictures, in the encoder's features; that of two real sets", "<= 3 times",
			fmt.Sprintf("%.2f; %.2f: %.1f times", *g.Frechet, *g.Real, *g.Frechet / *g.Real))
	}
	var total int64
	for _, n := range r.Bytes {
		total += n
	}
	row("the networks' files", "<= 16 MB", fmt.Sprintf("%.2f MB", float64(total)/1e6))
	fmt.Fprintf(&text, "\nMade by `%s` (bundle %s).\n", r.Command, r.BundleHash)
	return text.String()
}
