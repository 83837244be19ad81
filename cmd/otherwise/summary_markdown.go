package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// How results are printed.
const (
	formatText     = "text"
	formatMarkdown = "markdown"
)

// markdownColumn is a column of [writeMarkdown]. cell is empty for a method of which it isn't known.
type markdownColumn struct {
	name string
	cell func(summary) string
}

// markdownColumns are the table's columns, the first without a name.
func markdownColumns() []markdownColumn {
	percent := func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
	ofPasted := func(cell func(*pastedSummary) string) func(summary) string {
		return func(s summary) string {
			if s.Pasted == nil {
				return ""
			}
			return cell(s.Pasted)
		}
	}
	columns := []markdownColumn{
		{"", func(s summary) string { return s.Title }},
		{"flips", func(s summary) string { return percent(s.FlipRatio) }},
		{"confirmed", func(s summary) string { return percent(s.ConfirmedRatio) }},
		{"L1", func(s summary) string { return fmt.Sprintf("%.1f", s.MeanL1) }},
		{"L2", func(s summary) string { return fmt.Sprintf("%.2f", s.MeanL2) }},
		{"COUT", func(s summary) string { return fmt.Sprintf("%.2f", s.MeanCOUT) }},
		{"similarity", func(s summary) string {
			if s.MeanSimilarity == nil {
				return ""
			}
			return fmt.Sprintf("%.2f", *s.MeanSimilarity)
		}},
		{"seconds", func(s summary) string { return fmt.Sprintf("%.1f", s.MeanSeconds) }},
		{"pasted: flips", ofPasted(func(p *pastedSummary) string { return percent(p.FlipRatio) })},
		{"confirmed", ofPasted(func(p *pastedSummary) string { return percent(p.ConfirmedRatio) })},
		{"L1", ofPasted(func(p *pastedSummary) string { return fmt.Sprintf("%.1f", p.MeanL1) })},
	}
	for _, m := range truthMeasures() {
		columns = append(columns, markdownColumn{m.name, m.cell})
	}
	return columns
}

// writeMarkdown prints a row for each method. Columns of which nothing is known are left out.
func writeMarkdown(w io.Writer, all []summary) error {
	columns := slices.DeleteFunc(markdownColumns(), func(c markdownColumn) bool {
		return !slices.ContainsFunc(all, func(s summary) bool { return c.cell(s) != "" })
	})
	row := func(cell func(markdownColumn) string) error {
		var cells []string
		for _, c := range columns {
			cells = append(cells, cell(c))
		}
		_, err := fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		return err
	}
	if err := row(func(c markdownColumn) string { return c.name }); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "|%s\n", strings.Repeat("---|", len(columns))); err != nil {
		return err
	}
	for _, s := range all {
		if err := row(func(c markdownColumn) string { return c.cell(s) }); err != nil {
			return err
		}
	}
	return writeFailures(w, all)
}
