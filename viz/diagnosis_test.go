package viz

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteDiagnosis(t *testing.T) {
	dir := t.TempDir()
	r := fixture("ldce")
	d := Diagnosis{Kind: "swap", Drawings: []Drawing{{"swap", Image(r.Original)}, {"swap-restored", Image(r.Counterfactual)}},
		Finding: map[string]int{"patch": 8}, Result: r, Info: RunInfo{Image: "boot.png"}}
	other := d
	other.Kind, other.Drawings = "strip", []Drawing{{"strip", Image(r.Original)}}
	for _, one := range []Diagnosis{other, d, d} {
		if err := WriteDiagnosis(dir, one); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"swap.png", "swap-restored.png", "strip.png", "strip.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "swap.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Diagnosis string `json:"diagnosis"`
		Method    string `json:"method"`
		Image     string `json:"image"`
		Seed      uint64 `json:"seed"`
		Finding   struct {
			Patch int `json:"patch"`
		} `json:"finding"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Diagnosis != "swap" || got.Method != "ldce" || got.Image != "boot.png" || got.Seed != 7 || got.Finding.Patch != 8 {
		t.Errorf("swap.json has %+v", got)
	}
	d.Result = nil
	if err := WriteDiagnosis(dir, d); err == nil {
		t.Error("a diagnosis of nothing was written")
	}
}
