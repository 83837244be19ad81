package bundle_test

import (
	"context"
	"errors"
	"image"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/internal/golden"
	"otherwise/ldce"
	"otherwise/weights"
)

func open(t *testing.T) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEmbeddedBundle(t *testing.T) {
	if !slices.Contains(bundle.Names(), bundle.Default) {
		t.Fatalf("embedded bundles %q lack %q", bundle.Names(), bundle.Default)
	}
	b := open(t)
	if len(b.Classes) != 10 || b.Judge == nil || len(b.Hash) != 64 || b.Frame.Width != 32 {
		t.Errorf("bundle %+v", b)
	}
	for _, network := range []string{"autoencoder", "classifier", "judge", "diffusion"} {
		if !strings.Contains(b.Provenance[network], "otherwise train "+network) {
			t.Errorf("provenance of %s is %q, want the command that made it", network, b.Provenance[network])
		}
	}
}

// The bundle must stay small enough to be part of the binary. docs/models.md says what it measures and aims at.
func TestEmbeddedBundleIsSmall(t *testing.T) {
	files, err := bundle.Files("fashion")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := weights.LoadBundle(files)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, n := range stored.Networks {
		total += n.Size
	}
	if total > 6_000_000 {
		t.Errorf("the networks take %d bytes, more than 6 MB", total)
	}
}

func TestMethods(t *testing.T) {
	b := open(t)
	for _, name := range bundle.MethodNames() {
		m, err := b.Method(name, nil)
		if err != nil || m.Name() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for overrides, want := range map[string]string{
		`{"gama": 3}`:       "gama",
		`{"gamma": "much"}`: "gamma",
		`{"gamma": 500}`:    "0 to 180",
	} {
		if _, err := b.Method("ldce", []byte(overrides)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v", overrides, err)
		}
	}
	_, err := b.Method("ldce", []byte(`{"gamma": 500, "lambda_c": 2}`), []byte(`{"gamma": 30}`))
	if err != nil {
		t.Errorf("a legal override of an illegal one: %v", err)
	}
	if _, err := b.Method("ace", []byte(`{"tau": 0}`)); err == nil || !strings.Contains(err.Error(), "latent-pgd") {
		t.Errorf("ace without diffusion: %v", err)
	}
	if names := bundle.MethodNames(); !slices.Equal(names[:2], bundle.PaperMethods()) || len(names) != 11 {
		t.Errorf("methods %q", names)
	}
	if _, err := b.Method("guess", nil); err == nil || !strings.Contains(err.Error(), "eced") {
		t.Errorf("unknown method: %v", err)
	}
}

func TestUnknownBundleSaysWhatThereIs(t *testing.T) {
	if _, err := bundle.Open(golden.Backend(t), "no/such"); err == nil || !strings.Contains(err.Error(), bundle.Default) {
		t.Errorf("got %v", err)
	}
}

func TestPictureStandsInItsMargin(t *testing.T) {
	b := open(t)
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	p, err := b.Picture(img)
	if err != nil {
		t.Fatal(err)
	}
	if p.Values[0] != 0 || p.Values[2*32+2] != 1 || p.Values[29*32+29] != 1 || p.Values[30*32+30] != 0 {
		t.Error("a 28x28 picture doesn't stand two pixels from the frame's edge")
	}
	if _, err := b.Picture(image.NewGray(image.Rect(0, 0, 0, 0))); err == nil {
		t.Error("an empty picture was accepted")
	}
}

// grey is a data set of one grey picture.
type grey struct{ datasets.Dataset }

func (grey) Sample(i int) (datasets.Sample, error) {
	if i != 0 {
		return datasets.Sample{}, errors.New("no such picture")
	}
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	for j := range img.Pix {
		img.Pix[j] = 128
	}
	return datasets.Sample{Image: img}, nil
}

func TestSamplesAndClasses(t *testing.T) {
	b := open(t)
	p, err := b.Sample(grey{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil || p.Values[16*32+16] != 128./255 {
		t.Errorf("the picture's middle is %g: %v", p.Values[16*32+16], err)
	}
	if _, err := b.Sample(grey{}, 1); err == nil {
		t.Error("a sample that isn't there was read")
	}
	if class, err := b.Class("t-shirt"); err != nil || class != 0 {
		t.Errorf("t-shirt is class %d: %v", class, err)
	}
	if _, err := b.Class("zebra"); err == nil {
		t.Error("a class that isn't there was found")
	}
}

func TestEncoderAndDecoderGoBothWays(t *testing.T) {
	b := open(t)
	p, err := b.Sample(grey{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	black := p
	black.Values = make([]float32, len(p.Values))
	latents, err := counterfactual.NewEncoder(b.Models).Encode(p, black)
	if err != nil {
		t.Fatal(err)
	}
	back, err := counterfactual.NewDecoder(b.Models).Decode(latents...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []counterfactual.Picture{p, black} {
		mean := 0.
		for j, v := range back[i].Values {
			mean += math.Abs(float64(v-want.Values[j])) / float64(len(want.Values))
		}
		if mean > .1 { // the encoder has seen garments, not squares
			t.Errorf("picture %d comes back with a mean difference of %.3f", i, mean)
		}
	}
	if latents, err := counterfactual.NewEncoder(b.Models).Encode(); err != nil || latents != nil {
		t.Errorf("of nothing: %v, %v", latents, err)
	}
}

// A bundle saved to a folder and opened from there gives the same counterfactual as the embedded one.
func TestFolderBundleWorksLikeTheEmbeddedOne(t *testing.T) {
	files, err := bundle.Files("fashion")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	fromFolder, err := bundle.Open(golden.Backend(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	embedded := open(t)
	if fromFolder.Hash != embedded.Hash {
		t.Errorf("hash %s in the folder, %s embedded", fromFolder.Hash, embedded.Hash)
	}
	var pictures []counterfactual.Picture
	for _, b := range []*bundle.Bundle{embedded, fromFolder} {
		m, err := b.Method("ldce", []byte(`{"ddim_steps": 10, "strength": 0.2}`))
		if err != nil {
			t.Fatal(err)
		}
		img := image.NewGray(image.Rect(0, 0, 28, 28))
		for y := 4; y < 26; y++ {
			for x := 8; x < 20; x++ {
				img.Pix[y*28+x] = 200
			}
		}
		p, err := b.Picture(img)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := counterfactual.NewPredictor(b.Models).Probabilities(p)
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.(*ldce.Method).Explain(context.Background(), counterfactual.Problem{Picture: p, Target: counterfactual.RunnerUp(rows[0]), Seed: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, r.Counterfactual)
	}
	golden.Near(t, "counterfactual", pictures[0].Values, pictures[1].Values, 0)
}
