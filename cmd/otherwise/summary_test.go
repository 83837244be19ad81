package main

import (
	"strings"
	"testing"

	"otherwise/bundle"
)

func TestSummarise(t *testing.T) {
	near, far := 0.25, 0.75
	s := summarise(bundle.MethodInfo{Name: "eced", Title: "ECED"}, []outcome{
		{Index: 0, Flipped: true, Confirmed: true, distances: distances{L1: 10, L2: 1, Outside: &near}, COUT: 0.9, Pasted: &pastedOutcome{Flipped: true, L1: 8}, Similarity: &near, Seconds: 2,
			Steps: map[string]int{"background": 80, "adversarial": 3}},
		{Index: 1, Flipped: true, distances: distances{L1: 20, L2: 3, Outside: &far}, Seconds: 4},
		{Index: 2, Seed: 7, Failure: "no foreground"},
		{Index: 3, distances: distances{L1: 30, L2: 5}, Seconds: 6},
	})
	if s.Pictures != 4 || s.FlipRatio != 0.5 || s.ConfirmedRatio != 0.25 || s.MeanL1 != 20 || s.MeanL2 != 3 || s.MeanSeconds != 4 {
		t.Errorf("%+v", s)
	}
	if s.MeanOutside == nil || *s.MeanOutside != 0.5 {
		t.Errorf("mean change outside the mask: %v", s.MeanOutside)
	}
	if len(s.Failures) != 1 || s.Failures[0].Index != 2 {
		t.Errorf("failures: %v", s.Failures)
	}
	all := []summary{s, summarise(bundle.MethodInfo{Name: "ace", Title: "ACE-style, latent", Note: "not comparable"}, nil)}
	var out strings.Builder
	if err := writeSummaries(&out, all); err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(out.String()), " ") // columns are wide
	for _, want := range []string{"eced ace", "flip ratio 0.500 0.000", "outside the mask 0.50000 -", "picture 2, seed 7", "failed: no foreground",
		"mean COUT 0.300 0.000", "mean similarity 0.250 -", "pasted: flip ratio 0.250 -", "pasted: mean L1 8.00 -", "steps a picture: adversarial 1.0 -", "background 26.7 -", "ace: ACE-style, latent (not comparable)"} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// Columns of which nothing is known, here those of a world's truth, are left out.
func TestWriteMarkdown(t *testing.T) {
	half := 0.5
	known := summarise(bundle.MethodInfo{Name: "eced", Title: "ECED"}, []outcome{
		{Flipped: true, Confirmed: true, distances: distances{L1: 10, L2: 1}, COUT: 0.9, Similarity: &half, Pasted: &pastedOutcome{Flipped: true, L1: 8}, Seconds: 2},
		{Index: 2, Seed: 7, Failure: "no foreground"}})
	bare := summarise(bundle.MethodInfo{Name: "pgd", Title: "PGD"}, []outcome{{distances: distances{L1: 4, L2: 2}, Seconds: 1}})
	var out strings.Builder
	if err := writeMarkdown(&out, []summary{known, bare}); err != nil {
		t.Fatal(err)
	}
	const want = `|  | flips | confirmed | L1 | L2 | COUT | similarity | seconds | pasted: flips | confirmed | L1 |
|---|---|---|---|---|---|---|---|---|---|---|
| ECED | 50.0 % | 50.0 % | 10.0 | 1.00 | 0.90 | 0.50 | 2.0 | 50.0 % | 0.0 % | 8.0 |
| PGD | 0.0 % | 0.0 % | 4.0 | 2.00 | 0.00 |  | 1.0 |  |  |  |
`
	if got := out.String(); !strings.HasPrefix(got, want) || !strings.Contains(got, "picture 2, seed 7:") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
