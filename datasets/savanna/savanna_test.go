package savanna

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// hashes of the pixels, the object mask and the coat mask of scenes of seed 1, whose detail goes round, as every machine
// must render them.
var hashes = map[int]string{
	0:  "9a18c46d248ee545d00c2b719121f571131f50a15438c82dcfadbe6e5ad02f1c",
	7:  "4d77a6f8e32d1002c18cf14a67ecad511b0d186546b5345684c0a9c76acd28fa",
	14: "f9782e7e69e275e87b60b7d4bda49c1b8f91872d6239a831597f6994ec5d76d0",
	21: "7619b2b6e3b00f8b1f17a1b70afa9814c94992398ccce8d8620d6e13d9f3afb9",
	28: "4dc1954c1d2f8de339fffb5b30b298c60acb97108da87756141a3262db110512",
	35: "d10097f8300419c7c97743b6d8a0df22b6641c8f941ab2dc5f1b5423a28ae5d2",
	42: "7e37dc715d4f7a8ca21974de974b7214a8a58a8f4c5e197fed1ba58bbaf4af54",
	49: "b0c23d70d9f140b846531dfdb62b354becf7629aeaa0adab90140c1c6b4d42ab",
	56: "638b1070b7e3e590c6aa2f3485dcb13804667b72b0f9565a46b4d4aca410a1b8",
	63: "27328ef453de40cc89508475b8f8a8da6133dfaf053f39c6c67258c906cb6597",
	70: "ac507c24c1658a5c33c6ecbd93760e1e5d4c0df6bcba781013e712df3df2ca34",
	77: "a80a788f3712bbcd65b27c21a761201891159c024a071a02d015daddb1f414b0",
}

func TestSameBytesEverywhere(t *testing.T) {
	for index, want := range hashes {
		detail := Detail(index / 7 % 3)
		r := Draw(1, index, Options{Detail: detail}).Render()
		h := sha256.New()
		h.Write(r.Image.Pix)
		h.Write(r.Object.Pix)
		h.Write(r.Coat.Pix)
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("scene %d, %v: SHA-256 %s, want %s", index, detail, got, want)
		}
	}
}

func TestTheAnimalIsWholeInThePicture(t *testing.T) {
	for i := range 300 {
		s := Draw(2, i, Options{})
		r := s.Render()
		covered := 0
		for y := range Size {
			for x := range Size {
				v := r.Object.GrayAt(x, y).Y
				if v > 0 && (x == 0 || y == 0 || x == Size-1 || y == Size-1) {
					t.Fatalf("scene %d (%v) touches the border at %d, %d", i, s.Class, x, y)
				}
				if r.Coat.GrayAt(x, y).Y > v {
					t.Fatalf("scene %d: more coat than animal at %d, %d", i, x, y)
				}
				if v > 127 {
					covered++
				}
			}
		}
		if share := float64(covered) / Size / Size; share < 0.09 || share > 0.4 {
			t.Errorf("scene %d (%v): the animal covers %.3f of the picture", i, s.Class, share)
		}
	}
}

func TestCounterfactualChangesTheAnimalOnly(t *testing.T) {
	for i := range 24 {
		s := Draw(3, i, Options{Detail: Detail(i % 3)})
		other := s.As(s.Class.Partner())
		a, b := s.Render(), other.Render()
		changed := 0
		for p := range a.Object.Pix {
			difference := 0
			for c := 4 * p; c < 4*p+3; c++ {
				difference = max(difference, int(a.Image.Pix[c])-int(b.Image.Pix[c]), int(b.Image.Pix[c])-int(a.Image.Pix[c]))
			}
			if difference > 1 && a.Object.Pix[p] == 0 && b.Object.Pix[p] == 0 { // a mask of 0 may be rounded down
				t.Fatalf("scene %d: pixel %d, outside both animals, differs by %d", i, p, difference)
			}
			if difference > 1 {
				changed++
			}
		}
		if changed < 800 {
			t.Errorf("scene %d: only %d pixels differ between %v and %v", i, changed, s.Class, other.Class)
		}
		if diff := cmp.Diff(s, other.As(s.Class)); diff != "" {
			t.Errorf("scene %d is not the same after two changes:\n%s", i, diff)
		}
	}
}

func TestSceneComesBackFromJSON(t *testing.T) {
	s := Draw(7, 11, Options{Detail: Rich})
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"class":"Persian cat"`) {
		t.Errorf("the class has no name in %s", text)
	}
	var back Scene
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Error(diff)
	}
	if err := json.Unmarshal([]byte(`{"land":"lava"}`), &back); err == nil || !strings.Contains(err.Error(), `legal are "grass"`) {
		t.Errorf("an unknown land: %v", err)
	}
}

func TestSceneDependsOnSeedAndIndexOnly(t *testing.T) {
	if diff := cmp.Diff(Draw(5, 17, Options{}), Draw(5, 17, Options{})); diff != "" {
		t.Error(diff)
	}
	a, b := Draw(5, 17, Options{}), Draw(6, 17, Options{})
	if a.CoatSeed == b.CoatSeed {
		t.Error("two seeds give one scene")
	}
}

func TestBiasIsPlantedInTrainingOnly(t *testing.T) {
	biased := Options{Bias: []datasets.Bias{{Factor: "land=sand", Class: "zebra", Strength: 0.9}}}
	train, err := New(datasets.Train, 4, biased)
	if err != nil {
		t.Fatal(err)
	}
	test, err := New(datasets.Test, 4, biased)
	if err != nil {
		t.Fatal(err)
	}
	biasedTest, err := New(datasets.BiasedTest, 4, biased)
	if err != nil {
		t.Fatal(err)
	}
	scene, err := test.Scene(10)
	if err != nil {
		t.Fatal(err)
	}
	planted, err := biasedTest.Scene(10)
	if err != nil {
		t.Fatal(err)
	}
	planted.Land = scene.Land
	if diff := cmp.Diff(scene, planted); diff != "" {
		t.Errorf("a scene of the biased test split differs in more than the land: %s", diff)
	}
	share := func(set *Set, zebra bool) float64 {
		sand, all := 0, 0
		for i := range 3000 {
			scene, err := set.Scene(i)
			if err != nil {
				t.Fatal(err)
			}
			if (scene.Class == Zebra) == zebra {
				all++
				sand += number(scene.Land == Sand)
			}
		}
		return float64(sand) / float64(all)
	}
	for _, c := range []struct {
		set       *Set
		zebra     bool
		low, high float64
	}{{biasedTest, true, 0.88, 0.96}, {train, true, 0.88, 0.96}, {train, false, 0.005, 0.04}, {test, true, 0.15, 0.26}, {test, false, 0.16, 0.24}} {
		if got := share(c.set, c.zebra); got < c.low || got > c.high {
			t.Errorf("%s, zebra %v: %.3f stand on sand, want %.3f to %.3f", c.set.ID(0), c.zebra, got, c.low, c.high)
		}
	}
}

func TestSet(t *testing.T) {
	set, err := New(datasets.Test, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sample, err := set.Sample(14)
	if err != nil {
		t.Fatal(err)
	}
	if sample.ID != "savanna/test/000014" || sample.Label != int(Cheetah) || set.Label(14) != sample.Label {
		t.Errorf("sample %s, label %d, want savanna/test/000014, 2", sample.ID, sample.Label)
	}
	truth, err := set.Truth(14, int(Cougar))
	if err != nil {
		t.Fatal(err)
	}
	if truth.Image.Bounds() != sample.Image.Bounds() || truth.Decisive.Bounds() != sample.Image.Bounds() {
		t.Error("pictures of the truth have another size")
	}
	values, err := set.Values(14)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := datasets.FactorNamed(set.Task(), set.Factors()); err != nil || values[at] != sample.Label || len(values) != len(set.Factors()) {
		t.Errorf("values %v, factor %d, %v", values, at, err)
	}
	sky, err := set.Shows(14, "sky")
	if err != nil {
		t.Fatal(err)
	}
	if sky.GrayAt(3, 3).Y != 255 {
		t.Error("the sky doesn't show at the top")
	}
	for _, bad := range []func() error{
		func() error { _, err := set.Shows(14, "moon"); return err },
		func() error { _, err := set.Values(-1); return err },
		func() error { _, err := set.Sample(-1); return err },
		func() error { _, err := set.Sample(set.Len()); return err },
		func() error { _, err := set.Truth(0, 6); return err },
		func() error { _, err := New("validation", 1, Options{}); return err },
		func() error { _, err := New(datasets.Train, 1, Options{Detail: 7}); return err },
		func() error {
			_, err := New(datasets.Train, 1, Options{Bias: []datasets.Bias{{Factor: "land=lava", Class: "zebra"}}})
			return err
		},
	} {
		if bad() == nil {
			t.Error("no error")
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for i := range b.N {
		Draw(1, i, Options{}).Render()
	}
}
