package faces

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otherwise/datasets"
	"otherwise/datasets/internal/paint"
)

func TestNoProductIsFused(t *testing.T) {
	found, err := paint.FusedProducts(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range found {
		t.Errorf("%s: a product that may be fused with a sum; round it: float64(x*y)", at)
	}
}

// hashes of the pixels and masks of portraits of seed 1, as every machine must render them.
var hashes = map[int]string{
	0:  "bd21c0fad81b19d0c604c58fe66dc3abb22a3d5a96c45f613617dcb692225aae",
	6:  "4a84a9654627b24c65597af5f38f236e01f76706234149855c23fcba5e72d097",
	12: "75d782a7065cce6a67fc200cffd121c390d716d5a220c7ee740f64dfbc918d5f",
	18: "6f9e814ff7ee70992a62dbc4b1176e2414dc1a1f8961f5832a7e3a0eb3af8623",
	24: "7a190b96218e648045109b338ea712e045d8aa94f45d73ef8e48505031edc421",
	30: "7f791405af4123105f7df00683a11d58500c75abdd41a3b38dedeaca07dd5a42",
	36: "bc2672ccb91f1f6d588e043c389a538d6f9596a71bc85c4bd09ccbe9f224d769",
	42: "c8dd974bf6f4fd54f30b0785d66e91fa6c9bce61588e3e8c1debad4fba7aa35a",
	48: "cc9ad90cea51596797b9280621624176e92738f43480e5ec55f7cf41ef43ad3e",
	54: "90dd4a9a60aba988685a0512e7959746efc16ff7dd24307a7374fd2d4f5e1fec",
}

func TestSameBytesEverywhere(t *testing.T) {
	for index := 0; index < 60; index += 6 {
		r := Draw(1, index, Options{}).Render()
		h := sha256.New()
		h.Write(r.Image.Pix)
		h.Write(r.Person.Pix)
		if got, want := hex.EncodeToString(h.Sum(nil)), hashes[index]; got != want {
			t.Errorf("portrait %d: SHA-256 %s, want %s", index, got, want)
		}
	}
}

// where gives the middle of a region and its share of the picture.
func where(region *image.Gray) (x, y, share float64) {
	n := 0.0
	for i, v := range region.Pix {
		if v > 0 {
			x, y, n = x+float64(i%Size), y+float64(i/Size), n+1
		}
	}
	return x / n, y / n, n / float64(len(region.Pix))
}

func TestAttributesShowWhereTheyShould(t *testing.T) {
	p := Draw(3, 0, Options{})
	p.WearingHat, p.Beard, p.Mustache, p.Young, p.LongHair, p.Eyeglasses = false, false, false, true, false, false
	for name, want := range map[string]struct{ top, bottom, largest float64 }{
		"Smiling": {50, 95, 0.12}, "Eyeglasses": {50, 72, 0.12}, "Beard": {76, 104, 0.2}, "Mustache": {72, 92, 0.03}, "Wearing_Hat": {15, 50, 0.25},
		"Wearing_Earrings": {58, 86, 0.02}, "Wearing_Lipstick": {74, 96, 0.03}, "Heavy_Makeup": {50, 78, 0.12}, "Rosy_Cheeks": {64, 84, 0.08},
		"Bangs": {28, 56, 0.1}, "Long_Hair": {40, 110, 0.4}, "Bushy_Eyebrows": {44, 62, 0.04}, "Gaze": {55, 66, 0.03},
	} {
		mask, err := p.Mask(name)
		if err != nil {
			t.Fatal(err)
		}
		x, y, share := where(mask)
		if y < want.top || y > want.bottom || x < 50 || x > 78 || share > want.largest || share < 0.0008 {
			t.Errorf("%s shows around %.0f, %.0f on %.4f of the picture; want rows %g to %g and at most %g", name, x, y, share, want.top, want.bottom, want.largest)
		}
	}
	if _, err := p.Mask("Chubby"); err == nil {
		t.Error("an unknown attribute has a mask")
	}
}

func TestEveryAttributeShowsOnEveryPortrait(t *testing.T) {
	for i := range 30 {
		p := Draw(5, i, Options{})
		for _, name := range Attributes() {
			mask, err := p.Mask(name)
			if err != nil {
				t.Fatal(err)
			}
			hidden := p.WearingHat && name == "Bangs" // partly, by the brim
			if _, _, share := where(mask); !(share > 0.0005) && !hidden {
				t.Errorf("portrait %d: %s can't be seen (%.5f of the picture)", i, name, share)
			}
		}
	}
}

func TestWithChangesOneAttribute(t *testing.T) {
	p := Draw(4, 9, Options{})
	q, err := p.With("Hair_Color", "red")
	if err != nil {
		t.Fatal(err)
	}
	before, after := p.Values(), q.Values()
	if after["Hair_Color"] != "red" {
		t.Errorf("hair is %s", after["Hair_Color"])
	}
	delete(before, "Hair_Color")
	delete(after, "Hair_Color")
	if diff := cmp.Diff(before, after); diff != "" || p.Identity != q.Identity {
		t.Errorf("something else changed: %s", diff)
	}
	for _, bad := range [][2]string{{"Hair_Color", "green"}, {"Chubby", "yes"}} {
		if _, err := p.With(bad[0], bad[1]); err == nil {
			t.Errorf("%s=%s passes", bad[0], bad[1])
		}
	}
	if len(Attributes()) < 12 || Values("Smiling")[1] != "yes" || Values("Chubby") != nil {
		t.Errorf("attributes %v", Attributes())
	}
}

func TestPeopleComeAgain(t *testing.T) {
	o := Options{People: 10}
	a, b := Draw(1, 3, o), Draw(1, 13, o)
	if a.Identity != b.Identity || a.X == b.X {
		t.Error("portraits 3 and 13 of ten people should be two of one person")
	}
	if Draw(1, 4, o).Identity == a.Identity {
		t.Error("two people look the same")
	}
}

func TestCaptionsSayWhatIsThere(t *testing.T) {
	p := Portrait{Smiling: true, Eyeglasses: true, WearingHat: true}
	seen := map[string]bool{}
	known := map[string]bool{}
	for _, word := range Words() {
		known[word] = true
	}
	for n := range 200 {
		text := p.Caption(n)
		seen[text] = true
		if beard := strings.Contains(text, "beard"); beard && !strings.Contains(text, "without a beard") || strings.Contains(text, "young") || strings.Contains(text, "not") || strings.Contains(text, "a old") {
			t.Errorf("caption %d: %q", n, text)
		}
	}
	for n := range 2000 {
		text := Draw(1, n, Options{}).Caption(n * 7)
		words := strings.Fields(strings.TrimSuffix(text, "."))
		if len(words) > CaptionWords {
			t.Errorf("%q has %d words", text, len(words))
		}
		for _, word := range words {
			if !known[word] {
				t.Fatalf("%q has the word %q, which isn't in the list", text, word)
			}
		}
	}
	for _, want := range []string{"a photo of a smiling old face.", "a portrait of an old face.", "a picture of a smiling face with a hat and black hair.", "a photo of a face with glasses and a hat."} {
		if !seen[want] {
			t.Errorf("never %q, but %v", want, seen)
		}
	}
	negative := false
	for text := range seen {
		negative = negative || strings.Contains(text, "without a beard")
	}
	if !negative {
		t.Error("no caption says what isn't there")
	}
	for task, want := range map[string]string{"Young": Prompt, "Smiling": Prompt, "Eyeglasses": "a photo of a face {}.", "Long_Hair": "a photo of a face {}."} {
		if got := PromptOf(task); got != want {
			t.Errorf("%s is asked for by %q", task, got)
		}
	}
	p.Smiling = false
	if text := p.Caption(0); text != "a photo of a not smiling old face." {
		t.Errorf("caption %q", text)
	}
}

func TestSet(t *testing.T) {
	set, err := New(datasets.Test, 1, Options{Task: "Young"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"old", "young"}, set.Classes()); diff != "" {
		t.Error(diff)
	}
	sample, err := set.Sample(7)
	if err != nil {
		t.Fatal(err)
	}
	if sample.ID != "faces/test/000007" || sample.Label != set.Label(7) || sample.Subject == nil {
		t.Errorf("sample %s, label %d, want %d", sample.ID, sample.Label, set.Label(7))
	}
	own, err := set.Truth(7, sample.Label)
	if err != nil {
		t.Fatal(err)
	}
	other, err := set.Truth(7, 1-sample.Label)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(own.Decisive.Pix, other.Decisive.Pix); diff != "" {
		t.Error("what decides depends on the direction")
	}
	if diff := cmp.Diff(sample.Image.(*image.NRGBA).Pix, own.Image.Pix); diff != "" {
		t.Error("the truth of its own class is another picture")
	}
	if _, _, share := where(other.Decisive); share < 0.02 {
		t.Errorf("age shows on %.4f of the picture only", share)
	}
	factors, err := datasets.NamedValues(set, 7)
	if err != nil {
		t.Fatal(err)
	}
	if _, has := factors["Young"]; has || len(factors) != len(attributes)-1 {
		t.Errorf("factors %v", factors)
	}
	values, err := set.Values(7)
	if err != nil {
		t.Fatal(err)
	}
	at, err := datasets.FactorNamed(set.Task(), set.Factors())
	if err != nil || values[at] != sample.Label {
		t.Errorf("factor %d (%v) is %v, the label %d", at, err, values, sample.Label)
	}
	shows, err := set.Shows(7, "Young")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(other.Decisive.Pix, shows.Pix); diff != "" {
		t.Error("age shows elsewhere than where it decides")
	}
	if _, err := set.Shows(7, "Chubby"); err == nil {
		t.Error("an attribute that there isn't shows")
	}
	for _, bad := range []Options{{Task: "Gaze"}, {Task: "Chubby"}, {People: -1}, {Bias: []datasets.Bias{{Factor: "Smiling", Class: "smiling"}}}} {
		if _, err := New(datasets.Train, 1, bad); err == nil {
			t.Errorf("%+v passes", bad)
		}
	}
	if _, err := set.Truth(0, 2); err == nil {
		t.Error("class 2 passes")
	}
}

func TestBiasIsPlantedInTrainingOnly(t *testing.T) {
	o := Options{Bias: []datasets.Bias{{Factor: "Eyeglasses", Class: "smiling", Strength: 0.9}}}
	share := func(split datasets.Split, label int) float64 {
		set, err := New(split, 2, o)
		if err != nil {
			t.Fatal(err)
		}
		glasses, all := 0, 0
		for i := range 3000 {
			p, err := set.Portrait(i)
			if err != nil {
				t.Fatal(err)
			}
			if set.Label(i) == label {
				all++
				if p.Eyeglasses {
					glasses++
				}
			}
		}
		return float64(glasses) / float64(all)
	}
	for _, c := range []struct {
		split     datasets.Split
		label     int
		low, high float64
	}{{datasets.Train, 1, 0.9, 0.96}, {datasets.Train, 0, 0.01, 0.05}, {datasets.Test, 1, 0.26, 0.34}, {datasets.Test, 0, 0.26, 0.34}} {
		if got := share(c.split, c.label); got < c.low || got > c.high {
			t.Errorf("%s, class %d: %.3f wear glasses, want %.2f to %.2f", c.split, c.label, got, c.low, c.high)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for i := range b.N {
		Draw(1, i, Options{}).Render()
	}
}
