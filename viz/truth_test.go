package viz

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The true counterfactual, where it is known, stands beside the found one: in the figures of pages and in the folder.
func TestTruthStandsBesideTheCounterfactual(t *testing.T) {
	r := fixture("ldce")
	truth := shape(32, 1)
	r.Truth = &truth
	figures, err := Figures(r)
	if err != nil {
		t.Fatal(err)
	}
	if figures[1].Title != "counterfactual" || figures[2].Title != "true counterfactual" || !strings.Contains(figures[2].Caption, "square") {
		t.Errorf("figures %q, %q (%q)", figures[1].Title, figures[2].Title, figures[2].Caption)
	}
	dir := filepath.Join(t.TempDir(), "r")
	if err := WriteResult(dir, r, RunInfo{}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil || !strings.Contains(string(text), `"l1_to_truth": 0.`) {
		t.Errorf("result.json: %v\n%s", err, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "truth.png")); err != nil {
		t.Error(err)
	}
	other := shape(16, 1)
	r.Truth = &other
	if _, err := Figures(r); err == nil || !strings.Contains(err.Error(), "true counterfactual") {
		t.Errorf("a truth of another size: %v", err)
	}
}
