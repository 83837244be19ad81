package paint

import (
	"math"
	"testing"
)

func TestSinAndCos(t *testing.T) {
	for i := -4000; i <= 4000; i++ {
		turns := float64(i) / 1000
		if got, want := Sin(turns), math.Sin(2*math.Pi*turns); math.Abs(got-want) > 1e-7 {
			t.Fatalf("Sin(%g) = %g, want %g", turns, got, want)
		}
		if got, want := Cos(turns), math.Cos(2*math.Pi*turns); math.Abs(got-want) > 1e-7 {
			t.Fatalf("Cos(%g) = %g, want %g", turns, got, want)
		}
	}
}

func TestNoiseIsEvenAndSmooth(t *testing.T) {
	var sum, step float64
	const n = 4000
	for i := range n {
		x, y := float64(i)*0.37, float64(i%61)*0.91
		v := Noise(3, x, y)
		if v < 0 || v >= 1 {
			t.Fatalf("Noise(3, %g, %g) = %g", x, y, v)
		}
		sum += v
		step = max(step, math.Abs(Noise(3, x+1e-3, y)-v))
	}
	if mean := sum / n; math.Abs(mean-0.5) > 0.02 {
		t.Errorf("mean %g, want about 0.5", mean)
	}
	if step > 2e-3 { // the slope of value noise is at most 1.5
		t.Errorf("a step of 1e-3 changes the noise by %g", step)
	}
}

func TestSpotsKeepApart(t *testing.T) {
	covered := 0
	const n = 100
	for i := range n * n {
		if d, id := Spot(9, float64(i%n)/10, float64(i/n)/10); d < 0.3 {
			covered++
		} else if d > 1.2 || id < 0 || id >= 1 {
			t.Fatalf("nearest spot %g away, id %g", d, id)
		}
	}
	// one disc of radius 0.3 a cell, which overlap little
	if share := float64(covered) / n / n; share < 0.24 || share > math.Pi*0.09+0.02 {
		t.Errorf("spots cover %g of the plane", share)
	}
}

func TestFillIsAntialiased(t *testing.T) {
	c := NewCanvas(8, 8, 2)
	c.Mark(0)
	c.Fill(new(Path).Polygon(Vec{1, 1}, Vec{4.5, 1}, Vec{4.5, 5}, Vec{1, 5}), Plain(RGB{1, 0.5, 0}), 1)
	for x, want := range []uint8{0, 255, 255, 255, 128, 0} {
		if got := c.Mask(0).GrayAt(x, 2).Y; got < want-min(want, 2) || got > want+min(255-want, 2) {
			t.Errorf("column %d is covered by %d, want about %d", x, got, want)
		}
	}
	if got := c.Image().NRGBAAt(2, 2); got.R != 255 || got.G != 128 || got.B != 0 || got.A != 255 {
		t.Errorf("colour %v", got)
	}
	c.Mark(1) // something in front takes from the mask behind
	c.Fill(new(Path).Ellipse(Vec{2, 3}, 5, 5, 0), Plain(RGB{}), 1)
	if behind, front := c.Mask(0).GrayAt(2, 2).Y, c.Mask(1).GrayAt(2, 2).Y; behind != 0 || front != 255 {
		t.Errorf("mask behind %d, in front %d; want 0, 255", behind, front)
	}
}

func TestFillOutsideTheCanvas(t *testing.T) {
	c := NewCanvas(4, 4, 0)
	c.Fill(new(Path).Ellipse(Vec{-50, 2}, 9, 9, 0), Plain(RGB{1, 1, 1}), 1)
	c.Fill(new(Path).Polygon(), Plain(RGB{1, 1, 1}), 1)
	c.Fill(new(Path).Ellipse(Vec{2, 2}, 500, 500, 0), Plain(RGB{0, 1, 0}), 1)
	for y := range 4 {
		for x := range 4 {
			if c.At(x, y) != (RGB{0, 1, 0}) {
				t.Fatalf("pixel %d, %d is %v", x, y, c.At(x, y))
			}
		}
	}
}

func TestStrokeIsAsWideAsAsked(t *testing.T) {
	c := NewCanvas(40, 20, 1)
	c.Mark(0)
	c.Fill(new(Path).Stroke([]Vec{{5, 10}, {20, 10}, {35, 10}}, 4, 2), Plain(RGB{}), 1)
	height := func(x int) float64 {
		sum := 0
		for y := range 20 {
			sum += int(c.Mask(0).GrayAt(x, y).Y)
		}
		return float64(sum) / 255
	}
	for x, want := range map[int]float64{6: 7.9, 20: 6, 34: 4.1} {
		if got := height(x); math.Abs(got-want) > 0.4 {
			t.Errorf("at column %d the stroke is %.2f wide, want %.2f", x, got, want)
		}
	}
}
