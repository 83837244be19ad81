package notebooks

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// notebook is what is compared of a notebook's file.
type notebook struct {
	Cells []struct {
		ID       string
		Type     string   `json:"cell_type"`
		Source   []string // lines
		Outputs  []output
		Metadata map[string]any
	}
	Metadata struct {
		Otherwise struct {
			Short     map[string]string
			Processor string // that it ran on, as execute.py names it
		}
	}
}

// output is what a cell shows: text, or the same thing in several forms.
type output struct {
	Type string `json:"output_type"`
	Name string // of a stream
	Text []string
	Data map[string][]string
}

func readNotebook(t *testing.T, path string) (n notebook) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(content, &n)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return n
}

// forms are an output's, by kind.
func (o output) forms() map[string]string {
	forms := map[string]string{}
	for kind, lines := range o.Data {
		forms[kind] = strings.Join(lines, "")
	}
	if len(o.Text) > 0 {
		forms[o.Name] = strings.Join(o.Text, "")
	}
	return forms
}

// How two runs of a notebook are compared.
type strictness int

const (
	sameKinds strictness = iota // runs with other options: cells show outputs of the same kinds
	// alike is for another kind of processor, which rounds otherwise: LDCE decides in each step which locations are steered,
	// rounding decides at the border, and of one scene two processors find different counterfactuals. Cells show as many outputs of the
	// same kinds, and where something could be seen, something is to be seen.
	alike
	same // but for times
)

func strictnessOf(before, after notebook) strictness {
	switch b, a := before.Metadata.Otherwise, after.Metadata.Otherwise; {
	case len(b.Short) > 0:
		return sameKinds
	case b.Processor != a.Processor:
		return alike
	}
	return same
}

// compareNotebooks says in what two runs of a notebook differ.
func compareNotebooks(before, after notebook, how strictness) (differences []string) {
	if len(before.Cells) != len(after.Cells) {
		return []string{fmt.Sprintf("%d cells, then %d", len(before.Cells), len(after.Cells))}
	}
	for i, cell := range before.Cells {
		was, is := cell.Outputs, after.Cells[i].Outputs
		kindsWere, kindsAre := kinds(was, how > sameKinds), kinds(is, how > sameKinds)
		if !slices.Equal(kindsWere, kindsAre) {
			differences = append(differences, fmt.Sprintf("cell %s showed %q, now %q", cell.ID, kindsWere, kindsAre))
			continue
		}
		if how == sameKinds {
			continue
		}
		for j := range was {
			for kind, text := range was[j].forms() {
				compare := different
				if how == alike {
					compare = emptied
				}
				if what := compare(text, is[j].forms()[kind]); what != "" {
					differences = append(differences, fmt.Sprintf("cell %s, output %d, %s: %s", cell.ID, j, kind, what))
				}
			}
		}
	}
	return differences
}

// kinds are those of outputs in their order; without the count, those that follow each other are named once.
func kinds(outputs []output, counted bool) []string {
	var all []string
	for _, o := range outputs {
		var forms []string
		for kind := range o.forms() {
			forms = append(forms, kind)
		}
		slices.Sort(forms)
		all = append(all, strings.Join(forms, "+"))
	}
	if !counted {
		all = slices.Compact(all)
	}
	return all
}

var (
	embedded = regexp.MustCompile(`data:image/(png|jpeg|gif);base64,([^"'\\ )]*)`)
	// embeddedSVG is a plot: that there is one is compared, and its numbers are in the output's text.
	embeddedSVG = regexp.MustCompile(`data:image/svg(?:\+|&#43;)xml;base64,[^"'\\ )]*`)

	drawing = regexp.MustCompile(`(?s)<svg.*?</svg>`)
	number  = regexp.MustCompile(`\d+(\.\d+)?([eE][-+]?\d+)?`)
)

// emptied says whether an output showed something that it doesn't show now, "" if not.
func emptied(was, is string) string {
	switch {
	case strings.TrimSpace(was) != "" && strings.TrimSpace(is) == "":
		return "is empty"
	case drawing.MatchString(was) && !drawing.MatchString(is):
		return "has no drawing"
	case seen(was) && !seen(is):
		return "has no picture of more than one colour"
	}
	return ""
}

// seen says whether one of the pictures is of more than one colour.
func seen(text string) bool {
	for _, m := range embedded.FindAllStringSubmatch(text, -1) {
		if picture, err := decodePicture(m[2]); err == nil && !blank(picture) {
			return true
		}
	}
	return false
}

// different says in what two outputs differ, "" for nothing that counts: numbers may differ by a twentieth, those below 1 by
// 0.05, and times (numbers with a unit of time) by anything; pictures by 4 of 255 on average; of drawings in SVG, whose axes follow
// the numbers, the kinds of elements are compared.
func different(was, is string) string {
	picturesWere, picturesAre := embedded.FindAllStringSubmatch(was, -1), embedded.FindAllStringSubmatch(is, -1)
	if len(picturesWere) != len(picturesAre) {
		return fmt.Sprintf("%d pictures, then %d", len(picturesWere), len(picturesAre))
	}
	for i := range picturesWere {
		if what := differentPicture(picturesWere[i][2], picturesAre[i][2]); what != "" {
			return fmt.Sprintf("picture %d: %s", i, what)
		}
	}
	drawingsWere, drawingsAre := drawing.FindAllString(was, -1), drawing.FindAllString(is, -1)
	if len(drawingsWere) != len(drawingsAre) {
		return fmt.Sprintf("%d drawings, then %d", len(drawingsWere), len(drawingsAre))
	}
	for i := range drawingsWere {
		if a, b := elements(drawingsWere[i]), elements(drawingsAre[i]); !slices.Equal(a, b) {
			return fmt.Sprintf("drawing %d has %q, then %q", i, a, b)
		}
	}
	return differentText(plain(was), plain(is))
}

// plain is the text without pictures, drawings and times.
func plain(text string) string {
	text = embeddedSVG.ReplaceAllString(embedded.ReplaceAllString(text, "PICTURE"), "DRAWING")
	text = drawing.ReplaceAllString(text, "DRAWING")
	return timing.ReplaceAllString(text, "TIME")
}

// timing is a time as package inline and fmt write it: "1.8 s", "1m2.5s", "350ms".
var timing = regexp.MustCompile(`\b(\d+(\.\d+)? ?(h|min|m|s|ms|µs))+\b`)

func elements(svg string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`<([a-z]+)`).FindAllStringSubmatch(svg, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func differentText(was, is string) string {
	wordsWere, wordsAre := number.Split(was, -1), number.Split(is, -1)
	if !slices.Equal(wordsWere, wordsAre) {
		for i := range min(len(wordsWere), len(wordsAre)) {
			if wordsWere[i] != wordsAre[i] {
				return fmt.Sprintf("%.80q, then %.80q", wordsWere[i], wordsAre[i])
			}
		}
		return fmt.Sprintf("%d words, then %d", len(wordsWere), len(wordsAre))
	}
	numbersWere, numbersAre := number.FindAllString(was, -1), number.FindAllString(is, -1)
	for i := range numbersWere {
		a, errA := strconv.ParseFloat(numbersWere[i], 64)
		b, errB := strconv.ParseFloat(numbersAre[i], 64)
		if errA != nil || errB != nil || math.Abs(a-b) > .05*max(1, math.Abs(a), math.Abs(b)) {
			return fmt.Sprintf("%s behind %.80q, then %s", numbersWere[i], wordsWere[i], numbersAre[i])
		}
	}
	return ""
}

// differentPicture compares pictures in base64, as they stand in HTML.
func differentPicture(was, is string) string {
	if was == is {
		return ""
	}
	a, errA := decodePicture(was)
	b, errB := decodePicture(is)
	if errA != nil || errB != nil {
		return fmt.Sprintf("not readable: %v, %v", errA, errB)
	}
	if a.Bounds() != b.Bounds() {
		return fmt.Sprintf("size %v, then %v", a.Bounds().Size(), b.Bounds().Size())
	}
	var sum float64
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			ar, ag, ab, _ := a.At(x, y).RGBA()
			br, bg, bb, _ := b.At(x, y).RGBA()
			sum += math.Abs(float64(ar)-float64(br)) + math.Abs(float64(ag)-float64(bg)) + math.Abs(float64(ab)-float64(bb))
		}
	}
	if mean := sum / 3 / 257 / float64(a.Bounds().Dx()*a.Bounds().Dy()); mean > 4 {
		return fmt.Sprintf("differs by %.1f of 255 on average", mean)
	}
	return ""
}

// blank says whether a picture is of one colour.
func blank(m image.Image) bool {
	first := m.At(m.Bounds().Min.X, m.Bounds().Min.Y)
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			if m.At(x, y) != first {
				return false
			}
		}
	}
	return true
}

func decodePicture(text string) (image.Image, error) {
	content, err := base64.StdEncoding.DecodeString(html.UnescapeString(text))
	if err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(content))
	return img, err
}

func TestDifferencesBetweenRunsAreSeen(t *testing.T) {
	page := func(text string) notebook {
		var n notebook
		content, _ := json.Marshal(map[string]any{"cells": []any{map[string]any{"id": "a", "cell_type": "code",
			"outputs": []any{map[string]any{"output_type": "display_data", "data": map[string]any{"text/html": []string{text}}}}}}})
		if err := json.Unmarshal(content, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const black, white = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAGbRGzQAAAABJRU5ErkJggg=="
	const checks = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADElEQVR4nGNg+A+EAAYAAf+T0eSJAAAAAElFTkSuQmCC"
	img := func(text string) string { return `<img src="data:image/png;base64,` + text + `">` }
	for _, c := range []struct {
		was, is     string
		same, alike bool
	}{
		{"sneaker 0.981 (1.8 s, seed 1)", "sneaker 0.981 (1m2.5s, seed 1)", true, true},
		{"sneaker 0.981", "sneaker 0.979", true, true}, // another processor
		{"sneaker 0.981", "sneaker 0.481", false, true},
		{"flipped", "not flipped", false, true},
		{img(black), img(black), true, true},
		{img(black), img(white), false, true},
		{img(black), "", false, false},
		{img(checks), img(white), false, false},
		{"<svg></svg>", "no drawing", false, false},
		{`<img src="data:image/svg&#43;xml;base64,NzsgY">`, `<img src="data:image/svg&#43;xml;base64,ODsgY">`, true, true},
		{"<svg><path d='M 1 2'/></svg>", "<svg><path d='M 1 3'/></svg>", true, true},
		{"<svg><path d='M 1 2'/></svg>", "<svg></svg>", false, true},
	} {
		for how, want := range map[strictness]bool{sameKinds: true, alike: c.alike, same: c.same} {
			if found := compareNotebooks(page(c.was), page(c.is), how); (len(found) == 0) != want {
				t.Errorf("strictness %d, %q and %q: %q", how, c.was, c.is, found)
			}
		}
	}
}
