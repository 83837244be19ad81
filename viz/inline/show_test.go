package inline

import (
	"encoding/base64"
	"errors"
	"html"
	"image"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"otherwise/counterfactual"
	"otherwise/kernel/display"
	"otherwise/viz"
)

var dataURL = regexp.MustCompile(`src="data:image/png;base64,([^"]*)"`)

// decode reads the pictures in HTML.
func decode(t *testing.T, text string) []image.Image {
	t.Helper()
	var pictures []image.Image
	for _, match := range dataURL.FindAllStringSubmatch(text, -1) {
		img, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(html.UnescapeString(match[1]))))
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, img)
	}
	return pictures
}

// wantIn fails unless HTML has all those parts.
func wantIn(t *testing.T, html string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(html, part) {
			t.Errorf("no %q in\n%s", part, html)
		}
	}
}

func grey(side int, value float32) counterfactual.Picture {
	p := counterfactual.Picture{Height: side, Width: side, Channels: 1, Values: make([]float32, side*side)}
	for i := range p.Values {
		p.Values[i] = value
	}
	return p
}

func htmlOf(values ...any) (string, error) {
	view, err := Of(values...)
	if err != nil {
		return "", err
	}
	return view.HTML()
}

func TestRowOfPictures(t *testing.T) {
	html, err := htmlOf("a <b>", grey(8, 1), image.NewGray(image.Rect(0, 0, 300, 200)),
		counterfactual.Grid{Height: 4, Width: 4, Values: make([]float32, 16)},
		&counterfactual.Grid{Height: 2, Width: 2, Channels: 4, Values: make([]float32, 16)})
	if err != nil {
		t.Fatal(err)
	}
	pictures := decode(t, html)
	if len(pictures) != 4 {
		t.Fatalf("%d pictures in %s", len(pictures), html)
	}
	for i, want := range []image.Point{{8, 8}, {300, 200}, {4, 4}, {5, 5}} {
		if got := pictures[i].Bounds().Size(); got != want {
			t.Errorf("picture %d has the size %v, want %v", i, got, want)
		}
	}
	if r, _, _, _ := pictures[0].At(3, 3).RGBA(); r != 0xffff {
		t.Errorf("a white picture's pixel is %x", r)
	}
	wantIn(t, html, ">a &lt;b&gt;</div>", `width="160" height="160"`, `width="256" height="170"`)
	if n := strings.Count(html, "image-rendering:pixelated"); n != 3 {
		t.Errorf("%d pictures keep their pixels, want the 3 small ones", n)
	}
}

func TestShowRefuses(t *testing.T) {
	for _, test := range []struct {
		values []any
		want   string
	}{
		{nil, "nothing to show"},
		{[]any{"title"}, `"title" has nothing after it`},
		{[]any{"one", "two", grey(8, 0)}, "value 2"},
		{[]any{grey(8, 0), 7}, "value 2: a int can't be shown; legal are *counterfactual.Result"},
		{[]any{grey(8, 2)}, "legal is 0 to 1"},
		{[]any{counterfactual.Picture{}}, "0 values"},
		{[]any{(*counterfactual.Grid)(nil)}, "grid is nil"},
		{[]any{image.NewGray(image.Rectangle{})}, "empty"},
		{[]any{&counterfactual.Result{}}, "no names of classes"},
		{[]any{(*counterfactual.Result)(nil)}, "there is no result"},
		{[]any{viz.Panels{}}, "nothing to show"},
		{[]any{viz.Figure{Title: "x"}}, "no picture"},
	} {
		if err := Show(test.values...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: got %v, want %s", test.values, err, test.want)
		}
	}
}

func TestOutsideOfANotebook(t *testing.T) {
	if display.InNotebook() {
		t.Skip("these tests run in a notebook")
	}
	err := Show(grey(8, 0))
	if !errors.Is(err, display.ErrNoNotebook) || !strings.Contains(err.Error(), "viz.WriteResult") {
		t.Errorf("got %v", err)
	}
	observe, done := Watch("title")
	if err := observe(counterfactual.Step{}); err != nil {
		t.Error(err)
	}
	done()
}

func TestResult(t *testing.T) {
	r := &counterfactual.Result{Method: "eced", Seed: 7, Original: grey(8, 0), Counterfactual: grey(8, 1), Classes: []string{"boot", "shoe"},
		Before: []float64{.9, .1}, After: []float64{.25, .75}, Target: 1,
		ActivationMap: &counterfactual.Grid{Height: 8, Width: 8, Values: make([]float32, 64)},
		Mask:          &counterfactual.Grid{Height: 8, Width: 8, Values: make([]float32, 64)}}
	html, err := htmlOf(r)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(decode(t, html)); n != 7 {
		t.Errorf("%d pictures, want original, counterfactual, difference, activation map and mask, and two colour bars", n)
	}
	wantIn(t, html, "<b>ECED</b>: shoe 0.100 → <b>0.750</b>", "the classifier now says shoe", "seed 7", "boot 0.900", "shoe 0.750",
		">activation map</div>", ">mask</div>")

	r.After = []float64{.75, .25}
	if html, err = htmlOf("twice", r, r); err != nil {
		t.Fatal(err)
	}
	wantIn(t, html, "no counterfactual found", "twice")
	r.Classes = r.Classes[:1]
	if err := Show(r); err == nil || !strings.Contains(err.Error(), "2 probabilities") {
		t.Errorf("a class without a name: got %v", err)
	}
}
