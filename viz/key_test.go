package viz

import (
	"image"
	"slices"
	"strings"
	"testing"
)

// A key that doesn't fit in a row goes on in the next, and the plot grows by as much: its axes stay as they were.
func TestKeyWrapsBelowThePlot(t *testing.T) {
	if rows := keyRows([]string{"a", "b", strings.Repeat("long", 20), "c"}, 420*pixel); !slices.Equal(rows, []int{2, 1, 1}) {
		t.Errorf("rows of %v entries, want 2, 1 and 1", rows)
	}
	if rows := keyRows(nil, 420*pixel); len(rows) != 0 {
		t.Errorf("rows %v of no names", rows)
	}
	bare := Plot{Curves: []Curve{{Y: []float64{1, 2}}}}
	named := Plot{Curves: []Curve{{Name: "a", Y: []float64{1, 2}}}}
	if bare, named := bare.Image().Bounds().Dy(), named.Image().Bounds().Dy(); named <= bare {
		t.Errorf("with a key the plot is %d pixels high, without %d", named, bare)
	}
	if !sameRows(bare.Image(), named.Image(), 400) {
		t.Error("the key changed what is above it")
	}
}

// sameRows says whether two pictures are the same in their first rows.
func sameRows(a, b image.Image, rows int) bool {
	for y := range rows {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// There are four colours and four dashes: the fifth curve has the first one's colour, and other dashes.
func TestFifthCurveDiffersFromTheFirst(t *testing.T) {
	curves := func(n int) (p Plot) {
		for range n {
			p.Curves = append(p.Curves, Curve{Y: []float64{1, 1}})
		}
		return p
	}
	first, fifth := curves(1), curves(5)
	for i := range 4 {
		fifth.Curves[i].Y = []float64{1, 2} // the fifth alone is where the first was
	}
	first.Y, fifth.Y = Axis{Min: 0, Max: 2}, Axis{Min: 0, Max: 2}
	a, err := first.SVG()
	if err != nil {
		t.Fatal(err)
	}
	b, err := fifth.SVG()
	if err != nil {
		t.Fatal(err)
	}
	blue := "stroke:#0072B2"
	if strings.Count(a, blue) != 1 || strings.Count(b, blue) != 2 {
		t.Fatalf("%d and %d blue lines, want 1 and 2", strings.Count(a, blue), strings.Count(b, blue))
	}
	last := b[strings.LastIndex(b, blue):]
	if style, _, _ := strings.Cut(last, `"`); !strings.Contains(style, "dasharray") {
		t.Errorf("the fifth curve is drawn %q, as the first one", style)
	}
}
