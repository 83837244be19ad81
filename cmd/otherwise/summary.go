package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"otherwise/bundle"
)

// summary is what an evaluation found of one method. Ratios are of all pictures, a failure being no flip; means are over
// the pictures that did not fail.
type summary struct {
	Method         string    `json:"method"`
	Title          string    `json:"title"`
	Note           string    `json:"note,omitempty"`
	Pictures       int       `json:"pictures"`
	Failures       []outcome `json:"failures"`
	FlipRatio      float64   `json:"flip_ratio"`
	ConfirmedRatio float64   `json:"confirmed_flip_ratio"`
	MeanL1         float64   `json:"mean_l1"`
	MeanL2         float64   `json:"mean_l2"`
	// MeanOutside is the mean absolute change outside the mask; nil for a method without masks.
	MeanOutside *float64 `json:"mean_outside_mask,omitempty"`
	MeanCOUT    float64  `json:"mean_cout"`
	// MeanSimilarity is the mean cosine of the features of original and counterfactual; nil where they weren't compared.
	MeanSimilarity *float64 `json:"mean_similarity,omitempty"`
	// Pasted is the same with the original put back around the mask; nil for a method that reports none.
	Pasted *pastedSummary `json:"pasted,omitempty"`
	Truth  *truthSummary  `json:"truth,omitempty"` // nil where the true counterfactuals aren't known
	// MeanSteps are the steps of each stage, in all attempts and trials of a picture together.
	MeanSteps   map[string]float64 `json:"mean_steps"`
	MeanSeconds float64            `json:"mean_seconds"`
}

// pastedSummary is what an evaluation found with the original put back around the masks.
type pastedSummary struct {
	FlipRatio      float64 `json:"flip_ratio"`
	ConfirmedRatio float64 `json:"confirmed_flip_ratio"`
	MeanL1         float64 `json:"mean_l1"`
}

func summarise(m bundle.MethodInfo, outcomes []outcome) summary {
	s := summary{Method: m.Name, Title: m.Title, Note: m.Note, Pictures: len(outcomes), Failures: []outcome{}, Pasted: summarisePasted(outcomes), Truth: summariseTruth(outcomes),
		MeanSteps: map[string]float64{}}
	var flipped, confirmed, finished, masked int
	var outside float64
	var similarities []float64
	for _, o := range outcomes {
		if o.Failure != "" {
			s.Failures = append(s.Failures, o)
			continue
		}
		finished++
		if o.Flipped {
			flipped++
		}
		if o.Confirmed {
			confirmed++
		}
		s.MeanL1 += o.L1
		s.MeanL2 += o.L2
		s.MeanSeconds += o.Seconds
		s.MeanCOUT += o.COUT
		if o.Similarity != nil {
			similarities = append(similarities, *o.Similarity)
		}
		for stage, n := range o.Steps {
			s.MeanSteps[stage] += float64(n)
		}
		if o.Outside != nil {
			masked++
			outside += *o.Outside
		}
	}
	s.MeanSimilarity = mean(similarities)
	s.FlipRatio, s.ConfirmedRatio = share(flipped, len(outcomes)), share(confirmed, len(outcomes))
	for _, mean := range []*float64{&s.MeanL1, &s.MeanL2, &s.MeanSeconds, &s.MeanCOUT} {
		*mean /= float64(max(1, finished))
	}
	for stage := range s.MeanSteps {
		s.MeanSteps[stage] /= float64(finished)
	}
	if masked > 0 {
		outside /= float64(masked)
		s.MeanOutside = &outside
	}
	return s
}

func summarisePasted(outcomes []outcome) *pastedSummary {
	var p pastedSummary
	var flipped, confirmed, finished int
	for _, o := range outcomes {
		if o.Pasted == nil {
			continue
		}
		finished++
		p.MeanL1 += o.Pasted.L1
		if o.Pasted.Flipped {
			flipped++
		}
		if o.Pasted.Confirmed {
			confirmed++
		}
	}
	if finished == 0 {
		return nil
	}
	p.FlipRatio, p.ConfirmedRatio, p.MeanL1 = share(flipped, len(outcomes)), share(confirmed, len(outcomes)), p.MeanL1/float64(finished)
	return &p
}

func share(part, whole int) float64 { return float64(part) / float64(max(1, whole)) }

// writeSummaries prints a column for each method.
func writeSummaries(w io.Writer, all []summary) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(summary) string) {
		fmt.Fprintf(table, "%s\t", name)
		for _, s := range all {
			fmt.Fprintf(table, "%s\t", cell(s))
		}
		fmt.Fprintln(table)
	}
	row("", func(s summary) string { return s.Method })
	row("pictures", func(s summary) string { return fmt.Sprint(s.Pictures) })
	row("failed", func(s summary) string { return fmt.Sprint(len(s.Failures)) })
	row("flip ratio", func(s summary) string { return fmt.Sprintf("%.3f", s.FlipRatio) })
	row("confirmed by the judge", func(s summary) string { return fmt.Sprintf("%.3f", s.ConfirmedRatio) })
	row("mean L1", func(s summary) string { return fmt.Sprintf("%.2f", s.MeanL1) })
	row("mean L2", func(s summary) string { return fmt.Sprintf("%.3f", s.MeanL2) })
	row("mean change outside the mask", func(s summary) string {
		if s.MeanOutside == nil {
			return "-"
		}
		return fmt.Sprintf("%.5f", *s.MeanOutside)
	})
	row("mean COUT", func(s summary) string { return fmt.Sprintf("%.3f", s.MeanCOUT) })
	row("mean similarity", func(s summary) string {
		if s.MeanSimilarity == nil {
			return "-"
		}
		return fmt.Sprintf("%.3f", *s.MeanSimilarity)
	})
	pasted := func(format string, of func(*pastedSummary) float64) func(summary) string {
		return func(s summary) string {
			if s.Pasted == nil {
				return "-"
			}
			return fmt.Sprintf(format, of(s.Pasted))
		}
	}
	row("original pasted: flip ratio", pasted("%.3f", func(p *pastedSummary) float64 { return p.FlipRatio }))
	row("original pasted: confirmed", pasted("%.3f", func(p *pastedSummary) float64 { return p.ConfirmedRatio }))
	row("original pasted: mean L1", pasted("%.2f", func(p *pastedSummary) float64 { return p.MeanL1 }))
	truthRows(all, row)
	stages := map[string]bool{}
	for _, s := range all {
		for stage := range s.MeanSteps {
			stages[stage] = true
		}
	}
	for _, stage := range slices.Sorted(maps.Keys(stages)) {
		row("steps a picture: "+stage, func(s summary) string {
			if n, ok := s.MeanSteps[stage]; ok {
				return fmt.Sprintf("%.1f", n)
			}
			return "-"
		})
	}
	row("seconds a picture", func(s summary) string { return fmt.Sprintf("%.2f", s.MeanSeconds) })
	if err := table.Flush(); err != nil {
		return err
	}
	if err := writeTitles(w, all); err != nil {
		return err
	}
	return writeFailures(w, all)
}

// writeFailures tells of each picture for which a method found no result.
func writeFailures(w io.Writer, all []summary) error {
	for _, s := range all {
		for _, o := range s.Failures {
			if _, err := fmt.Fprintln(w, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeTitles says what methods may be called whose name does not say it all, each note once.
func writeTitles(w io.Writer, all []summary) error {
	said := map[string]bool{"": true}
	for _, s := range all {
		if s.Note == "" {
			continue
		}
		text := fmt.Sprintf("%s: %s", s.Method, s.Title)
		if !said[s.Note] {
			text += " (" + s.Note + ")"
		}
		said[s.Note] = true
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}
