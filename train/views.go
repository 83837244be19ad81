package train

import (
	"math"
	"math/rand/v2"
)

// How much the views of one picture differ from which a self-supervised network learns. Our choice, weaker than SimSiam's: in
// small pictures little is left of a small crop.
const (
	viewArea   = 0.4 // smallest share of the picture's area that a view shows
	viewAspect = 1.2 // largest ratio of the crop's sides to the picture's
	viewJitter = 0.3 // largest relative change of brightness, contrast and saturation
	viewGrey   = 0.1 // share of views without colour
	viewNoise  = 0.03
)

// appendView appends a random view of a picture [height, width, channels] in its own size: a crop, mirrored or not, with
// brightness, contrast and saturation changed and a little noise.
func appendView(dst []float32, data *Pictures, picture []float32, rng *rand.Rand) []float32 {
	h, w, channels := float64(data.Height), float64(data.Width), data.Channels
	area := viewArea + (1-viewArea)*rng.Float64()
	aspect := math.Exp((2*rng.Float64() - 1) * math.Log(viewAspect))
	ch, cw := min(1, math.Sqrt(area/aspect))*h, min(1, math.Sqrt(area*aspect))*w
	top, left := (h-ch)*rng.Float64(), (w-cw)*rng.Float64()
	mirrored := rng.IntN(2) == 0
	tone := newToneChange(rng)
	begin := len(dst)
	var mean float64
	for y := range data.Height {
		sy := top + (float64(y)+0.5)*ch/h - 0.5
		for x := range data.Width {
			along := float64(x)
			if mirrored {
				along = w - 1 - along
			}
			sx := left + (along+0.5)*cw/w - 0.5
			for c := range channels {
				v := bilinear(data, picture, sy, sx, c)
				mean += float64(v)
				dst = append(dst, v)
			}
		}
	}
	view := dst[begin:]
	mean /= float64(len(view))
	for i := 0; i < len(view); i += channels {
		tone.apply(view[i:i+channels], mean, rng)
	}
	return dst
}

// toneChange is a change of colours.
type toneChange struct{ brightness, contrast, saturation float64 }

func newToneChange(rng *rand.Rand) toneChange {
	factor := func() float64 { return 1 + viewJitter*(2*rng.Float64()-1) }
	t := toneChange{factor(), factor(), factor()}
	if rng.Float64() < viewGrey {
		t.saturation = 0
	}
	return t
}

// apply changes a pixel of a picture with the given mean, in place.
func (t toneChange) apply(pixel []float32, mean float64, rng *rand.Rand) {
	var grey float64
	for _, v := range pixel {
		grey += float64(v) / float64(len(pixel))
	}
	for c, v := range pixel {
		x := grey + t.saturation*(float64(v)-grey)
		x = t.brightness * (mean + t.contrast*(x-mean))
		pixel[c] = float32(min(1, max(0, x+viewNoise*rng.NormFloat64())))
	}
}

// bilinear reads a channel between pixels; beyond the edge the picture goes on as it ends.
func bilinear(data *Pictures, picture []float32, y, x float64, c int) float32 {
	y, x = min(max(y, 0), float64(data.Height-1)), min(max(x, 0), float64(data.Width-1))
	y0, x0 := int(y), int(x)
	y1, x1 := min(y0+1, data.Height-1), min(x0+1, data.Width-1)
	fy, fx := float32(y-float64(y0)), float32(x-float64(x0))
	at := func(y, x int) float32 { return picture[(y*data.Width+x)*data.Channels+c] }
	upper := at(y0, x0) + fx*(at(y0, x1)-at(y0, x0))
	lower := at(y1, x0) + fx*(at(y1, x1)-at(y1, x0))
	return upper + fy*(lower-upper)
}
