package viz

import (
	"testing"

	"otherwise/internal/example"
)

// mostOutput is what an explanation may take in a notebook, so that ten take 3 MB.
const mostOutput = 300_000

func TestOverviewStaysSmall(t *testing.T) {
	coloured, err := example.Savanna(3, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Overview{"128x128 in colour": {Result: coloured}, "32x32 grey": {Result: fixture("eced")}} {
		html, err := o.HTML()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range Parts() {
			part, err := Overview{Result: o.Result, Parts: []Part{p}}.HTML()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %s: %d bytes", name, p, len(part))
		}
		if n := len(html) + len(o.Text()); n > mostOutput || n < 20_000 {
			t.Errorf("%s: %d bytes, want at most %d", name, n, mostOutput)
		}
	}
}
