package viz

import (
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"otherwise/counterfactual"
)

// Fields draws fields of vectors over a latent's grid, [height, width, channels], in one colour code, so that they compare: the gradients of
// classifier and implicit classifier, say. At each position the hue is the vector's direction and the lightness its
// length: equal hues point the same way, opposite hues against each other, black has no length. [FieldWheel] is the code.
//
// A hue holds two dimensions: directions are those in the plane in which the fields, each scaled to the same size, vary most (principal
// axes through the origin). Each field is as light as its own longest vectors; fields of different units have one picture each. A field of one channel
// has two hues. NaN is magenta. Fields of different numbers of channels have no code in common, and are one magenta pixel each.
func Fields(fields ...*counterfactual.Grid) []image.Image {
	out := make([]image.Image, len(fields))
	channels := 0
	for i, f := range fields {
		out[i] = undrawable()
		if !stack(f) || i > 0 && max(1, f.Channels) != channels {
			return slices.Repeat([]image.Image{undrawable()}, len(fields))
		}
		channels = max(1, f.Channels)
	}
	if len(fields) == 0 {
		return nil
	}
	first, second := principalAxes(fields, channels)
	for i, f := range fields {
		out[i] = drawField(f, channels, first, second)
	}
	return out
}

func drawField(f *counterfactual.Grid, channels int, first, second []float64) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	full := longest(f, channels)
	for at := range f.Width * f.Height {
		var x, y, square float64
		for c, v := range f.Values[at*channels : (at+1)*channels] {
			x, y, square = x+first[c]*float64(v), y+second[c]*float64(v), square+float64(v)*float64(v)
		}
		img.SetRGBA(at%f.Width, at/f.Width, fieldColor(x, y, math.Sqrt(square)/full))
	}
	return img
}

// fieldColor is the colour of a vector's direction (x, y) and of its length, a share of the longest.
func fieldColor(x, y, length float64) color.RGBA {
	if math.IsNaN(length) {
		return magenta
	}
	share := min(1, length)
	hue := math.Atan2(y, x)/(2*math.Pi) + .08
	return oklch(.12+.66*share, .15*share, hue)
}

// longest is the length that counts as full: the 99th percentile, so that one position doesn't darken all others. It is never 0.
func longest(f *counterfactual.Grid, channels int) float64 {
	lengths := make([]float64, 0, f.Width*f.Height)
	for at := range f.Width * f.Height {
		var square float64
		for _, v := range f.Values[at*channels : (at+1)*channels] {
			square += float64(v) * float64(v)
		}
		if square == square {
			lengths = append(lengths, math.Sqrt(square))
		}
	}
	slices.Sort(lengths)
	if n := len(lengths); n > 0 && lengths[n-1] > 0 {
		if full := lengths[(n-1)*99/100]; full > 0 {
			return full
		}
		return lengths[n-1]
	}
	return 1
}

// principalAxes are the two directions in which the vectors of all fields vary most around 0.
func principalAxes(fields []*counterfactual.Grid, channels int) (first, second []float64) {
	moments := mat.NewSymDense(channels, nil)
	for _, f := range fields {
		full := longest(f, channels)
		for at := range f.Width * f.Height {
			v := f.Values[at*channels : (at+1)*channels]
			if slices.ContainsFunc(v, func(x float32) bool { return x-x != 0 }) { // NaN or infinite
				continue
			}
			for i := range channels {
				for j := i; j < channels; j++ {
					moments.SetSym(i, j, moments.At(i, j)+float64(v[i])*float64(v[j])/(full*full))
				}
			}
		}
	}
	first, second = make([]float64, channels), make([]float64, channels)
	var eigen mat.EigenSym
	if !eigen.Factorize(moments, true) {
		first[0], second[min(1, channels-1)] = 1, 1
		return first, second
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	axis := func(out []float64, rank int) {
		if rank >= channels {
			return
		}
		sum := 0.
		for c := range out { // eigenvalues ascend
			out[c] = vectors.At(c, channels-1-rank)
			sum += out[c]
		}
		if sum < 0 { // an eigenvector's sign is arbitrary: fixed, colours are the same in every run
			for c := range out {
				out[c] = -out[c]
			}
		}
	}
	axis(first, 0)
	axis(second, 1)
	return first, second
}

// FieldWheel draws the colour code of [Fields]: direction around the middle, length from it. Outside of the circle it is transparent.
func FieldWheel(side int) image.Image {
	side = max(1, min(side, maxSide))
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	half := float64(side) / 2
	for i := range side * side {
		x, y := (float64(i%side)+.5-half)/half, (half-float64(i/side)-.5)/half
		if length := math.Hypot(x, y); length <= 1 {
			img.SetRGBA(i%side, i/side, fieldColor(x, y, length))
		}
	}
	return img
}
