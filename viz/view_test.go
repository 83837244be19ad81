package viz

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/gif"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/example"
)

// allViews is one of each view.
func allViews(t *testing.T) map[string]View {
	t.Helper()
	r := fixture("eced")
	coloured, err := example.Savanna(1, true)
	if err != nil {
		t.Fatal(err)
	}
	must := func(v View, err error) View {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	outcome, err := ThresholdOutcome(.5, r)
	if err != nil {
		t.Fatal(err)
	}
	compare, err := NewCompare(r)
	gallery, galleryErr := SeedGallery([]*counterfactual.Result{r, r})
	animation, animationErr := Scrubber{Steps: r.Steps}.Animation()
	bars, barsErr := Probabilities(r)
	curves, curvesErr := Convergence(r)
	return map[string]View{
		"figure": Figure{Title: "a <b>", Picture: Image(r.Original), Bar: HeatBar("0 ignored", "1 decisive")}, "compare": must(compare, err),
		"gallery": must(gallery, galleryErr), "animation": must(animation, animationErr), "bars": must(bars, barsErr), "curves": must(curves, curvesErr),
		"scrubber": Scrubber{Steps: coloured.Steps}, "overview": Overview{Result: r}, "overview in colour": Overview{Result: coloured},
		"explorer":                      Explorer{Picture: r.Original, Map: r.ActivationMap},
		"explorer with counterfactuals": Explorer{Picture: r.Original, Map: r.ActivationMap, Thresholds: []float64{.25, .5}, Counterfactuals: []ThresholdResult{outcome}},
	}
}

// Every view has each form, and all that its page needs is in it.
func TestViews(t *testing.T) {
	for name, v := range allViews(t) {
		if img := v.Image(); img.Bounds().Dx() < 100 || img.Bounds().Dy() < 100 {
			t.Errorf("%s: the picture is %v", name, img.Bounds())
		}
		if text := v.Text(); text == "" || strings.Contains(text, "%!") {
			t.Errorf("%s: the text is %q", name, text)
		}
		html, err := v.HTML()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, m := range regexp.MustCompile(`(?i)(?:src|href|srcset|action)="([^"]{0,40})`).FindAllStringSubmatch(html, -1) {
			if !strings.HasPrefix(m[1], "data:image/") {
				t.Errorf("%s refers to %s", name, m[1])
			}
		}
		for _, unwanted := range []string{"ZgotmplZ", "http:", "https:", "url(", "%!", "<style", " id=", "<b>bold", "<!--"} {
			if strings.Contains(html, unwanted) {
				t.Errorf("%s has %q", name, unwanted)
			}
		}
		wellFormed(t, name, html)
		for _, m := range regexp.MustCompile(`<img [^>]*>`).FindAllString(html, -1) {
			if !strings.Contains(m, " alt=") {
				t.Errorf("%s has a picture without a text: %.80s", name, m)
			}
		}
		if moves := strings.Contains(html, "data-otherwise"); moves != strings.Contains(html, "<script>") {
			t.Errorf("%s: a script is there: %t, something to move: %t", name, !moves, moves)
		}
	}
}

// wellFormed fails unless every element is closed where it should be.
func wellFormed(t *testing.T, name, html string) {
	t.Helper()
	html = regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(html, "")
	html = regexp.MustCompile(` data-(picture|levels|map|still|beside|legend)([ >])`).ReplaceAllString(html, "$2")
	html = regexp.MustCompile(` data-(picture|levels|map|still|beside|legend)([ >])`).ReplaceAllString(html, "$2")
	d := xml.NewDecoder(strings.NewReader(regexp.MustCompile(`<((?:img|br)\b[^>]*)>`).ReplaceAllString(html, "<$1/>")))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	r := fixture("ldce")
	read := func(name string, v View) []byte {
		t.Helper()
		path := filepath.Join(dir, "new", name)
		if err := Save(path, v); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if _, err := png.Decode(bytes.NewReader(read("a.png", Overview{Result: r}))); err != nil {
		t.Error(err)
	}
	page := string(read("a.HTML", Overview{Result: r}))
	for _, want := range []string{"<!DOCTYPE html>", "<title>LDCE: square 0.050", "data-otherwise=\"scrubber\""} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for name, v := range map[string]View{"figure.svg": Figure{Title: "t", Picture: Image(r.Original)}, "plot.svg": Plot{Title: "p", Curves: []Curve{{Y: []float64{1, 2}}}}} {
		svg := read(name, v)
		if !bytes.HasPrefix(svg, []byte("<svg")) || !bytes.Contains(svg, []byte("<title>")) {
			t.Errorf("%s begins with %.60s", name, svg)
		}
		if err := xml.Unmarshal(svg, new(struct{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := Scrubber{Steps: r.Steps}.Animation()
	if err != nil {
		t.Fatal(err)
	}
	if g, err := gif.DecodeAll(bytes.NewReader(read("a.gif", a))); err != nil || len(g.Image) != len(a.Frames) {
		t.Errorf("the GIF: %v", err)
	}
	for name, want := range map[string]string{"a.jpg": "legal are .png", "b.gif": "a GIF is of an Animation", "c.html": "no names of classes"} {
		v := View(Overview{Result: &counterfactual.Result{}})
		if err := Save(filepath.Join(dir, name), v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", name, err, want)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

// What makes no sense is an error in a page, and magenta in a picture.
func TestViewsRefuse(t *testing.T) {
	r := fixture("eced")
	badMap := *r.ActivationMap
	badMap.Values = append([]float32{float32(math.NaN())}, badMap.Values[1:]...)
	for want, v := range map[string]View{
		"unknown part":           Overview{Result: r, Parts: []Part{"all"}},
		"no result":              Overview{},
		"has no points":          Plot{Curves: []Curve{{Y: []float64{math.NaN()}}}},
		"2 x, 1 y":               Plot{Curves: []Curve{{X: []float64{1, 2}, Y: []float64{1}}}},
		"logarithmic":            Plot{Y: Axis{Log: true}, Curves: []Curve{{Y: []float64{0, 1}}}},
		"1 values for 2 labels":  Bars{Labels: []string{"a", "b"}, Series: []Series{{Values: []float64{1}}}},
		"legal is a number":      Bars{Labels: []string{"a"}, Series: []Series{{Values: []float64{-1}}}},
		"not of the picture":     Explorer{Picture: r.Original, Map: r.LatentMask},
		"activation map is NaN":  Explorer{Picture: r.Original, Map: &badMap},
		"must ascend":            Explorer{Picture: r.Original, Map: r.ActivationMap, Thresholds: []float64{.5, .5}},
		"threshold is 0.3":       Explorer{Picture: r.Original, Map: r.ActivationMap, Thresholds: []float64{.5}, Counterfactuals: []ThresholdResult{{Threshold: .3}}},
		"no frames":              Animation{},
		"all need one size":      Animation{Frames: []image.Image{Image(r.Original), Image(shape(8, 0))}},
		"raise the method":       Scrubber{},
		"takes two pictures":     Compare{},
		"nothing to show":        Gallery{},
		"view 1 of 1":            Panels{Views: []View{nil}},
		"pictures of 11 latents": Scrubber{Steps: r.Steps, Decode: func(...counterfactual.Grid) ([]counterfactual.Picture, error) { return nil, nil }},
	} {
		if html, err := v.HTML(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q; page %.60s", err, want, html)
		}
		v.Image() // doesn't panic
		v.Text()
	}
}

func TestExplorerAgreesWithItsThresholds(t *testing.T) {
	r := fixture("eced")
	e, err := Explorer{Picture: r.Original, Map: r.ActivationMap}.filled()
	if err != nil {
		t.Fatal(err)
	}
	levels := e.levels().(*image.Gray)
	for k, threshold := range e.Thresholds {
		mask, share := e.mask(threshold)
		n := 0
		for i, v := range mask.Values {
			if inside := int(levels.Pix[i]) > k; inside != (v == 1) || inside != (r.ActivationMap.Values[i] >= float32(threshold)) {
				t.Fatalf("threshold %g, pixel %d: the slider has it inside: %t, the mask: %g", threshold, i, inside, v)
			}
			n += int(v)
		}
		if got := float64(n) / float64(len(mask.Values)); math.Abs(got-share) > 1e-9 {
			t.Errorf("threshold %g: share %g, want %g", threshold, share, got)
		}
	}
}

func TestFigureSizes(t *testing.T) {
	for side, want := range map[int]int{4: 160, 32: 160, 63: 189, 64: 192, 128: 192, 192: 192, 200: 200, 256: 256, 512: 256} {
		f := Figure{Picture: image.NewGray(image.Rect(0, 0, side, side/2))}
		if f.Width() != want || f.Height() < want/2-2 || f.Height() > want/2 || f.Sharp() != (side < 64) {
			t.Errorf("%d pixels are shown in %dx%d, sharp: %t", side, f.Width(), f.Height(), f.Sharp())
		}
	}
}

func TestLargePicturesAreEmbeddedSmaller(t *testing.T) {
	big := image.NewGray(image.Rect(0, 0, 2000, 1000))
	for i := range big.Pix {
		big.Pix[i] = uint8(i * i >> 7)
	}
	src, err := Figure{Picture: big}.Src()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(src), "data:image/jpeg") || len(src) > 200_000 {
		t.Errorf("%d bytes of %.20s", len(src), src)
	}
}
