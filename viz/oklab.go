package viz

import (
	"image/color"
	"math"
)

// oklch is a colour of Oklab, a perceptually uniform space: lightness 0 to 1, chroma from 0, hue in turns. What sRGB hasn't is clamped.
// Source: B. Ottosson, A perceptual color space for image processing (2020).
func oklch(lightness, chroma, hue float64) color.RGBA {
	a, b := chroma*math.Cos(2*math.Pi*hue), chroma*math.Sin(2*math.Pi*hue)
	cube := func(x float64) float64 { return x * x * x }
	l, m, s := cube(lightness+0.3963377774*a+0.2158037573*b), cube(lightness-0.1055613458*a-0.0638541728*b), cube(lightness-0.0894841775*a-1.2914855480*b)
	return color.RGBA{R: srgb(4.0767416621*l - 3.3077115913*m + 0.2309699292*s), G: srgb(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		B: srgb(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s), A: 255}
}

// srgb is the byte of a linear intensity.
func srgb(linear float64) uint8 {
	v := 12.92 * linear
	if linear > 0.0031308 {
		v = 1.055*math.Pow(linear, 1/2.4) - 0.055
	}
	return uint8(math.Round(255 * max(0, min(1, v))))
}
