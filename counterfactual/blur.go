package counterfactual

import "math"

// Blur is p under a Gaussian of the given standard deviation, cut off at three of them; beyond the edges lie the edges.
func Blur(p Picture, std float64) Picture {
	radius := int(math.Ceil(3 * std))
	kernel := make([]float64, 2*radius+1)
	var total float64
	for i := range kernel {
		d := float64(i - radius)
		kernel[i] = math.Exp(-d * d / (2 * std * std))
		total += kernel[i]
	}
	along := func(in []float32, size, stride int) []float32 {
		out := make([]float32, len(in))
		for i := range in {
			at := i / stride % size
			var sum float64
			for k, w := range kernel {
				j := min(size-1, max(0, at+k-radius))
				sum += w * float64(in[i+(j-at)*stride])
			}
			out[i] = min(1, max(0, float32(sum/total)))
		}
		return out
	}
	p.Values = along(along(p.Values, p.Width, p.Channels), p.Height, p.Width*p.Channels)
	return p
}
