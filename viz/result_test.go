package viz

import (
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"otherwise/counterfactual"
)

func TestWriteResult(t *testing.T) {
	dir := t.TempDir()
	common := []string{"original", "counterfactual", "reconstruction", "difference", "overview", "steps", "latents"}
	for method, own := range map[string][]string{"eced": {"activation", "overlay", "mask", "outline"}, "ldce": {"consensus"}} {
		// Into one folder: the first method's own pictures must go.
		if err := WriteResult(dir, fixture(method), RunInfo{}); err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{"result.json": true}
		for _, name := range append(own, common...) {
			want[name+".png"] = true
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, e := range entries {
			got[e.Name()] = true
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the folder holds %v, want %v", method, got, want)
		}
		for _, name := range append(own, "original", "counterfactual", "reconstruction", "difference") {
			if name == "outline" {
				continue
			}
			f, err := os.Open(filepath.Join(dir, name+".png"))
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(f)
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			wantSize(t, img, 32, 32)
		}
	}
}

// A method that reports the original pasted around its mask has a picture and a number of it, and is called by its title.
func TestPastedResult(t *testing.T) {
	dir := t.TempDir()
	r := fixture("eced")
	r.Title, r.Note = "ACE-style, latent", "not comparable"
	r.Pasted = &counterfactual.Pasted{Picture: r.Original, After: r.Before}
	if err := WriteResult(dir, r, RunInfo{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pasted.png")); err != nil {
		t.Error(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Title  string   `json:"title"`
		Note   string   `json:"note"`
		Pasted *float64 `json:"target_probability_pasted"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.Title != r.Title || got.Note != r.Note || got.Pasted == nil || *got.Pasted != r.Before[r.Target] {
		t.Errorf("result.json holds %+v", got)
	}
	r.Pasted.After = nil
	if err := WriteResult(dir, r, RunInfo{}); err == nil {
		t.Error("a pasted picture without probabilities was written")
	}
}

func TestResultJSON(t *testing.T) {
	dir := t.TempDir()
	r := fixture("ldce")
	r.Seed = math.MaxUint64
	info := RunInfo{Version: "1.2", Bundle: "shapes", BundleHash: "abc", Backend: "xla:cpu", Image: "shapes/test/1",
		Confirmed: pointer(true), JudgeProbability: pointer(.7)}
	if err := WriteResult(dir, r, info); err != nil {
		t.Fatal(err)
	}
	got := readJSON(t, dir)
	for field, want := range map[string]any{
		"version": "1.2", "bundle": "shapes", "bundle_hash": "abc", "backend": "xla:cpu", "image": "shapes/test/1",
		"method": "ldce", "seed": json.Number("18446744073709551615"), "flipped": true, "confirmed": true,
		"judge_probability": json.Number("0.7"), "target_probability_before": json.Number("0.05"),
		"target_probability_after": json.Number("0.85"), "seconds_total": json.Number("1.75"),
		"predicted_class": map[string]any{"index": json.Number("0"), "name": "circle"},
		"target_class":    map[string]any{"index": json.Number("1"), "name": "square"},
		"options":         map[string]any{"guidance_scale": json.Number("3"), "steps": json.Number("50")},
		"seconds_per_stage": []any{map[string]any{"stage": "encode", "seconds": json.Number("0.25")},
			map[string]any{"stage": "denoise", "seconds": json.Number("1.5")}},
	} {
		if !reflect.DeepEqual(got[field], want) {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	after := got["probabilities_after"].([]any)
	if want := (map[string]any{"class": "<b>bold</b> & co", "probability": json.Number("0.02")}); len(after) != 6 || !reflect.DeepEqual(after[2], want) {
		t.Errorf("probabilities_after is %v, want %v as the third of 6", after, want)
	}
	if l1, err := got["l1"].(json.Number).Float64(); err != nil || l1 <= 0 || l1 >= 1 {
		t.Errorf("l1 is %v", got["l1"])
	}

	if err := WriteResult(dir, r, RunInfo{}); err != nil {
		t.Fatal(err)
	}
	got = readJSON(t, dir)
	if got["confirmed"] != nil || got["judge_probability"] != nil {
		t.Errorf("without a judge, confirmed is %v and judge_probability %v", got["confirmed"], got["judge_probability"])
	}
}

func readJSON(t *testing.T, dir string) map[string]any {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMeanDifference(t *testing.T) {
	a, b := shape(2, 0), shape(2, 0)
	a.Values, b.Values = []float32{0, 1, .5, .5}, []float32{1, 0, .5, .25}
	if got := meanDifference(a, b); got != .5625 {
		t.Errorf("mean difference is %g, want 0.5625", got)
	}
}

// An unsound result, or options that JSON can't hold, leave an earlier result as it was.
func TestFailedWriteResult(t *testing.T) {
	dir := t.TempDir()
	if err := WriteResult(dir, fixture("eced"), RunInfo{Image: "first"}); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	unsound, infinite := fixture("ldce"), fixture("ldce")
	unsound.Counterfactual.Values[5] = float32(math.NaN())
	infinite.Options = map[string]float64{"tau": math.Inf(1)}
	if err := WriteResult(dir, unsound, RunInfo{}); err == nil || !strings.Contains(err.Error(), "cannot write a result to "+dir+": the counterfactual") {
		t.Errorf("error is %v", err)
	}
	if err := WriteResult(dir, infinite, RunInfo{}); err == nil || !strings.Contains(err.Error(), "result.json: json: unsupported value: +Inf") {
		t.Errorf("error is %v", err)
	}
	if after := snapshot(t, dir); !reflect.DeepEqual(after, before) {
		t.Error("the folder changed")
	}
}

func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(data)
	}
	return out
}
