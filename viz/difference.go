package viz

import (
	"image"
	"image/color"
	"math"
	"slices"
	"sync"

	"otherwise/counterfactual"
)

// DifferenceScale is the change of a value, of a range of 1, that [Difference] shows in full red or full blue.
const DifferenceScale = 0.5

// Difference shows where b is brighter than a (red), darker (blue) and unchanged (white). The scale is fixed, from
// -DifferenceScale to +DifferenceScale, so that differences compare with each other; larger changes look like the
// largest. In colour, a pixel shows the channel that changed most. Pictures of two sizes have no difference.
func Difference(a, b counterfactual.Picture) image.Image {
	if !alike(a, b) {
		return undrawable()
	}
	img := image.NewPaletted(image.Rect(0, 0, a.Width, a.Height), differencePalette())
	for i := range img.Pix {
		img.Pix[i] = index((change(a, b, i)/DifferenceScale + 1) / 2)
	}
	return img
}

// drawable reports whether the values fit the size.
func drawable(p counterfactual.Picture) bool {
	return p.Width > 0 && p.Height > 0 && p.Channels > 0 && fits(len(p.Values), p.Width, p.Height, p.Channels)
}

// fits reports whether n values are width x height x channels, without an overflow.
func fits(n, width, height, channels int) bool {
	return width <= n && height <= n/width && channels <= n/width/height && width*height*channels == n
}

var differencePalette = sync.OnceValue(func() color.Palette {
	return palette(func(share float64) color.Color {
		if share < .5 {
			return blend(color.RGBA{R: 24, G: 78, B: 190, A: 255}, color.RGBA{R: 255, G: 255, B: 255, A: 255}, 2*share)
		}
		return blend(color.RGBA{R: 255, G: 255, B: 255, A: 255}, color.RGBA{R: 200, G: 24, B: 36, A: 255}, 2*share-1)
	})
})

// blend is from at share 0 and to at share 1, both opaque.
func blend(from, to color.RGBA, share float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-share) + float64(b)*share + .5) }
	return color.RGBA{R: mix(from.R, to.R), G: mix(from.G, to.G), B: mix(from.B, to.B), A: 255}
}

// Magnitude shows how much b differs from a, whichever way, in the colours of [Heat]: the largest change of a pixel's channels, white from
// [DifferenceScale] on.
func Magnitude(a, b counterfactual.Picture) image.Image {
	if !alike(a, b) {
		return undrawable()
	}
	g := &counterfactual.Grid{Height: a.Height, Width: a.Width, Channels: 1, Values: make([]float32, a.Height*a.Width)}
	for i := range g.Values {
		g.Values[i] = float32(math.Abs(change(a, b, i)) / DifferenceScale)
	}
	return Heat(g, 0, 0)
}

// Amplified shows b minus a, factor times as strong, on middle grey and in the pictures' own colours: small changes can be seen. A factor of
// 0 or less chooses one of 1, 2, 5, 10, 20, ..., 1000, the largest that keeps 99 of 100 values in range. It returns the factor used, which
// belongs beside the picture.
func Amplified(a, b counterfactual.Picture, factor float64) (image.Image, float64) {
	if !alike(a, b) {
		return undrawable(), factor
	}
	if factor <= 0 {
		factor = amplification(a, b)
	}
	out := counterfactual.Picture{Height: a.Height, Width: a.Width, Channels: a.Channels, Values: make([]float32, len(a.Values))}
	for i := range out.Values {
		out.Values[i] = float32(.5 + factor*(float64(b.Values[i])-float64(a.Values[i])))
	}
	return Image(out), factor
}

func amplification(a, b counterfactual.Picture) float64 {
	changes := make([]float64, len(a.Values))
	for i := range changes {
		changes[i] = math.Abs(float64(b.Values[i]) - float64(a.Values[i]))
	}
	slices.Sort(changes) // NaN first
	most := changes[(99*(len(changes)-1)+99)/100]
	chosen := 1.
	for _, factor := range []float64{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if factor*most <= .5 {
			chosen = factor
		}
	}
	return chosen
}

// alike reports whether two pictures have one size.
func alike(a, b counterfactual.Picture) bool {
	return drawable(a) && drawable(b) && a.Width == b.Width && a.Height == b.Height && a.Channels == b.Channels
}

// change is b minus a in the channel of pixel i that changed most.
func change(a, b counterfactual.Picture, i int) float64 {
	var most float64
	for c := i * a.Channels; c < (i+1)*a.Channels; c++ {
		// Not "larger than": a NaN must win, to be seen.
		if d := float64(b.Values[c]) - float64(a.Values[c]); !(d*d <= most*most) {
			most = d
		}
	}
	return most
}
