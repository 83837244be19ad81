package viz

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"otherwise/counterfactual"
)

func TestAngles(t *testing.T) {
	img := Angles(&counterfactual.Grid{Height: 1, Width: 5, Values: []float32{1, 0, -1, float32(math.Sqrt(.5)), float32(math.NaN())}})
	blue, white, red := color.RGBA{24, 78, 190, 255}, color.RGBA{255, 255, 255, 255}, color.RGBA{200, 24, 36, 255}
	wantColor(t, img, 0, 0, blue, 0)
	wantColor(t, img, 1, 0, white, 1)
	wantColor(t, img, 2, 0, red, 0)
	wantColor(t, img, 3, 0, blend(blue, white, .5), 2) // 45 degrees
	wantColor(t, img, 4, 0, magenta, 0)
}

func TestMagnitudeAndAmplified(t *testing.T) {
	row := func(values ...float32) counterfactual.Picture {
		return counterfactual.Picture{Height: 1, Width: len(values), Channels: 1, Values: values}
	}
	a, b := row(.5, .5, .5), row(.5, .52, .48)
	img, factor := Amplified(a, b, 0)
	if factor != 20 {
		t.Errorf("factor %g, want 20, the largest of which 0.02 stays in range", factor)
	}
	grey := func(y uint8) color.RGBA { return color.RGBA{y, y, y, 255} }
	wantColor(t, img, 0, 0, grey(128), 1)
	wantColor(t, img, 1, 0, grey(230), 1)
	wantColor(t, img, 2, 0, grey(26), 1)
	if _, factor := Amplified(a, row(0, 1, 0), 0); factor != 1 {
		t.Errorf("large changes are amplified by %g", factor)
	}
	if _, factor := Amplified(a, b, 3); factor != 3 {
		t.Errorf("factor %g, asked for 3", factor)
	}
	magnitude := Magnitude(row(.5, .5, .5), row(.5, 1, 0))
	wantColor(t, magnitude, 0, 0, color.RGBA{0, 0, 0, 255}, 2)
	wantColor(t, magnitude, 1, 0, color.RGBA{255, 255, 255, 255}, 2)
	wantColor(t, magnitude, 2, 0, color.RGBA{255, 255, 255, 255}, 2)
	if img, _ := Amplified(a, row(1), 0); img.Bounds().Dx() != 1 {
		t.Error("pictures of two sizes have a difference")
	}
}

// Vectors that point the same way have one hue in every field, opposite ones opposite hues, and length is lightness.
func TestFields(t *testing.T) {
	field := func(scale float32, vectors ...[3]float32) *counterfactual.Grid {
		g := &counterfactual.Grid{Height: 1, Width: len(vectors), Channels: 3}
		for _, v := range vectors {
			g.Values = append(g.Values, scale*v[0], scale*v[1], scale*v[2])
		}
		return g
	}
	x, y := [3]float32{1, .2, 0}, [3]float32{-.2, 1, 0}
	back := [3]float32{-1, -.2, 0}
	images := Fields(field(1, x, y, back, [3]float32{}), field(1000, y, x, back, x))
	at := func(i, px int) color.RGBA { return color.RGBAModel.Convert(images[i].At(px, 0)).(color.RGBA) }
	wantColor(t, images[1], 1, 0, at(0, 0), 3)
	wantColor(t, images[1], 0, 0, at(0, 1), 3)
	wantColor(t, images[1], 2, 0, at(0, 2), 3)
	apart := func(a, b color.RGBA) int {
		return max(int(a.R)-int(b.R), int(b.R)-int(a.R)) + max(int(a.G)-int(b.G), int(b.G)-int(a.G)) + max(int(a.B)-int(b.B), int(b.B)-int(a.B))
	}
	if apart(at(0, 0), at(0, 1)) < 60 || apart(at(0, 0), at(0, 2)) < 100 {
		t.Errorf("right angles look like %v and %v, opposites like %v and %v", at(0, 0), at(0, 1), at(0, 0), at(0, 2))
	}
	if c := at(0, 3); int(c.R)+int(c.G)+int(c.B) > 60 {
		t.Errorf("no length looks like %v", c)
	}
	nan := field(1, x, [3]float32{float32(math.NaN()), 0, 0})
	wantColor(t, Fields(nan)[0], 1, 0, magenta, 0)
	for _, img := range Fields(nan, grid(2, 1, 2, func(x, y, c int) float64 { return 1 })) {
		wantSize(t, img, 1, 1)
	}
	one := Fields(grid(2, 1, 1, func(x, y, c int) float64 { return float64(2*x - 1) }))[0] // one channel: two hues
	if apart(color.RGBAModel.Convert(one.At(0, 0)).(color.RGBA), color.RGBAModel.Convert(one.At(1, 0)).(color.RGBA)) < 100 {
		t.Error("the two signs of one channel look alike")
	}
	if Fields() != nil {
		t.Error("no fields have pictures")
	}
}

func animation() Animation {
	a := Animation{Title: "t", Delay: 100 * time.Millisecond}
	for i := range 4 {
		img := image.NewRGBA(image.Rect(0, 0, 12, 8))
		for k := range img.Pix {
			img.Pix[k] = 255
		}
		img.SetRGBA(i, 3, color.RGBA{R: 200, G: uint8(40 * i), A: 255})
		a.Frames = append(a.Frames, img)
	}
	return a
}

// Every frame of an animated PNG is a PNG of its own, once it stands alone.
func TestAPNG(t *testing.T) {
	a := animation()
	var data bytes.Buffer
	if err := a.WriteAPNG(&data); err != nil {
		t.Fatal(err)
	}
	first, err := png.Decode(bytes.NewReader(data.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	wantColor(t, first, 0, 3, color.RGBA{R: 200, A: 255}, 0)
	var header []byte
	var kinds []string
	frame, sequence := 0, uint32(0)
	for rest := data.Bytes()[8:]; len(rest) > 0; {
		n := binary.BigEndian.Uint32(rest)
		kind, body := string(rest[4:8]), rest[8:8+n]
		rest = rest[12+n:]
		kinds = append(kinds, kind)
		switch kind {
		case "IHDR":
			header = body
		case "acTL":
			if binary.BigEndian.Uint32(body) != 4 || binary.BigEndian.Uint32(body[4:]) != 3 {
				t.Errorf("acTL is %v, want 4 frames and 3 loops", body)
			}
		case "fcTL":
			if binary.BigEndian.Uint32(body) != sequence || binary.BigEndian.Uint32(body[4:]) != 12 || binary.BigEndian.Uint32(body[8:]) != 8 {
				t.Errorf("frame %d: fcTL is %v", frame, body)
			}
			if delay := binary.BigEndian.Uint16(body[20:]); (delay == 400) != (frame == 3) {
				t.Errorf("frame %d stays for %d ms", frame, delay)
			}
			sequence++
			frame++
		case "fdAT":
			if binary.BigEndian.Uint32(body) != sequence {
				t.Errorf("frame %d: sequence %v, want %d", frame, body[:4], sequence)
			}
			sequence++
			var alone bytes.Buffer
			w := &pngWriter{w: &alone}
			w.raw([]byte("\x89PNG\r\n\x1a\n"))
			w.chunk("IHDR", header)
			w.chunk("IDAT", body[4:])
			w.chunk("IEND", nil)
			img, err := png.Decode(&alone)
			if err != nil {
				t.Fatalf("frame %d: %v", frame, err)
			}
			wantColor(t, img, frame-1, 3, color.RGBA{R: 200, G: uint8(40 * (frame - 1)), A: 255}, 0)
		}
	}
	if got := strings.Join(kinds, " "); got != "IHDR acTL fcTL IDAT fcTL fdAT fcTL fdAT fcTL fdAT IEND" {
		t.Errorf("chunks are %s", got)
	}
}

func TestGIF(t *testing.T) {
	a := animation()
	for loops, want := range map[int]int{0: 2, 1: -1, 5: 4, -1: 0} {
		a.Loops = loops
		var data bytes.Buffer
		if err := a.WriteGIF(&data); err != nil {
			t.Fatal(err)
		}
		g, err := gif.DecodeAll(&data)
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Image) != 4 || g.LoopCount != want || g.Delay[0] != 10 || g.Delay[3] != 40 {
			t.Errorf("%d loops: %d frames, loop count %d, delays %v", loops, len(g.Image), g.LoopCount, g.Delay)
		}
		wantColor(t, g.Image[2], 2, 3, color.RGBA{R: 200, G: 80, A: 255}, 0) // few colours are exact
	}
}

func TestMedianCut(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		img.SetRGBA(i%64, i/64, color.RGBA{R: uint8(4 * (i % 64)), G: uint8(4 * (i / 64)), B: 7, A: 255})
	}
	colors := medianCut([]image.Image{img}, 256)
	if len(colors) != 256 {
		t.Fatalf("%d colours", len(colors))
	}
	n, worst := newNearest(colors), 0
	for i := range 64 * 64 {
		want := img.RGBAAt(i%64, i/64)
		got := colors[n.index(want)].(color.RGBA)
		worst = max(worst, int(got.R)-int(want.R), int(want.R)-int(got.R), int(got.G)-int(want.G), int(want.G)-int(got.G))
	}
	if worst > 16 {
		t.Errorf("a colour is off by %d", worst)
	}
	if got := medianCut([]image.Image{image.NewGray(image.Rect(0, 0, 3, 3))}, 256); len(got) != 1 {
		t.Errorf("one colour became %d", len(got))
	}
}

func TestRoundTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{{0, 1, "0 0.2 0.4 0.6 0.8 1"}, {1, 30, "5 10 15 20 25 30"}, {0, 5, "0 1 2 3 4 5"}, {-1, 1, "-1 -0.5 0 0.5 1"}, {.02, .031, "0.02 0.022 0.024 0.026 0.028 0.03"}} {
		var labels []string
		for _, tick := range (roundTicks{}).Ticks(c.low, c.high) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%g to %g: ticks %s, want %s", c.low, c.high, got, c.want)
		}
	}
}

func TestPlotText(t *testing.T) {
	p := Plot{Title: "loss", X: Axis{Label: "step"}, Y: Axis{Label: "loss [nat]"}, Curves: []Curve{{Name: "ldce", Y: []float64{3, math.NaN(), .5}}}}
	if got, want := p.Text(), "plot loss: loss [nat] over step: ldce from 3 to 0.5"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	svg, err := p.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">loss [nat]</text>", "Arial", `textLength="`, "<title>plot loss"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the SVG lacks %q", want)
		}
	}
	bars := Bars{Title: "p", Labels: []string{"a", "b"}, Series: []Series{{Name: "before", Values: []float64{.25, .75}}, {Name: "after", Values: []float64{.5, .5}}}}
	if got, want := bars.Text(), "p: a before 0.25, after 0.5; b before 0.75, after 0.5"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
}

// Curves are legible on light and on dark pages: WCAG asks for a contrast of 3 for lines.
func TestHuesAreLegible(t *testing.T) {
	luminance := func(c color.RGBA) float64 {
		linear := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= .04045 {
				return x / 12.92
			}
			return math.Pow((x+.055)/1.055, 2.4)
		}
		return .2126*linear(c.R) + .7152*linear(c.G) + .0722*linear(c.B)
	}
	for _, c := range append([]color.RGBA{onPage.ink, earlier}, hues...) {
		l := luminance(c)
		light, dark := 1.05/(l+.05), (l+.05)/(luminance(color.RGBA{R: 17, G: 17, B: 17})+.05)
		if light < 3 || dark < 3 {
			t.Errorf("%v has a contrast of %.1f to white and %.1f to dark", c, light, dark)
		}
	}
	l := luminance(onPage.ink)
	if light, dark := 1.05/(l+.05), (l+.05)/(luminance(color.RGBA{R: 17, G: 17, B: 17})+.05); light < 4.1 || dark < 4.1 {
		t.Errorf("text has a contrast of %.2f and %.2f", light, dark)
	}
}
