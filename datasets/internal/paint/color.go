package paint

// RGB is an opaque colour in sRGB, each channel 0 to 1. Colours are mixed as they are stored, as painting programs do.
type RGB struct{ R, G, B float64 }

// Hex reads a colour such as 0xcc8844.
func Hex(v uint32) RGB {
	return RGB{float64(v>>16&0xff) / 255, float64(v>>8&0xff) / 255, float64(v&0xff) / 255}
}

// Mix is the colour at share t of the way to d.
func (c RGB) Mix(d RGB, t float64) RGB {
	return RGB{Mix(c.R, d.R, t), Mix(c.G, d.G, t), Mix(c.B, d.B, t)}
}

// Scale multiplies all channels; results above 1 are clamped only when the canvas becomes a picture.
func (c RGB) Scale(s float64) RGB {
	return RGB{float64(c.R * s), float64(c.G * s), float64(c.B * s)}
}

// Filter multiplies channel by channel, as light does.
func (c RGB) Filter(d RGB) RGB {
	return RGB{float64(c.R * d.R), float64(c.G * d.G), float64(c.B * d.B)}
}

// Plus adds channel by channel.
func (c RGB) Plus(d RGB) RGB { return RGB{c.R + d.R, c.G + d.G, c.B + d.B} }

// Luma is the Rec. 601 brightness.
func (c RGB) Luma() float64 {
	return float64(0.299*c.R) + float64(0.587*c.G) + float64(0.114*c.B)
}
