package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// summary is what an evaluation found of one method. Ratios are of all pictures, a failure being no flip; means are over
// the pictures that did not fail.
type summary struct {
	Method         string    `json:"method"`
	Pictures       int       `json:"pictures"`
	Failures       []outcome `json:"failures"`
	FlipRatio      float64   `json:"flip_ratio"`
	ConfirmedRatio float64   `json:"confirmed_flip_ratio"`
	MeanL1         float64   `json:"mean_l1"`
	MeanL2         float64   `json:"mean_l2"`
	// MeanOutside is the mean absolute change outside the mask; nil for a method without masks.
	MeanOutside *float64 `json:"mean_outside_mask,omitempty"`
	MeanSeconds float64  `json:"mean_seconds"`
}

func summarise(method string, outcomes []outcome) summary {
	s := summary{Method: method, Pictures: len(outcomes), Failures: []outcome{}}
	var flipped, confirmed, finished, masked int
	var outside float64
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
		if o.Outside != nil {
			masked++
			outside += *o.Outside
		}
	}
	s.FlipRatio, s.ConfirmedRatio = share(flipped, len(outcomes)), share(confirmed, len(outcomes))
	for _, mean := range []*float64{&s.MeanL1, &s.MeanL2, &s.MeanSeconds} {
		*mean /= float64(max(1, finished))
	}
	if masked > 0 {
		outside /= float64(masked)
		s.MeanOutside = &outside
	}
	return s
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
	row("seconds a picture", func(s summary) string { return fmt.Sprintf("%.2f", s.MeanSeconds) })
	if err := table.Flush(); err != nil {
		return err
	}
	for _, s := range all {
		for _, o := range s.Failures {
			if _, err := fmt.Fprintln(w, o); err != nil {
				return err
			}
		}
	}
	return nil
}
