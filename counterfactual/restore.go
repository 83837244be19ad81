package counterfactual

// restoreBlur is the standard deviation of the blur of the change, as a share of the picture's longer side.
const restoreBlur = 0.02

// Restore puts the original back where a method changed nothing: there a decoded picture differs from the original by the
// autoencoder's error alone. found and reconstruction are decoded, of the same latent before and after. A pixel is the
// found picture's where the change, blurred, is threshold or more, the original's where nothing changed, and between them
// a mixture of both. (Ours: the papers show what the decoder gives.)
func Restore(original, reconstruction, found Picture, threshold float64) Picture {
	change := Picture{Height: found.Height, Width: found.Width, Channels: 1, Values: make([]float32, found.Height*found.Width)}
	for i, v := range found.Values {
		d := v - reconstruction.Values[i]
		change.Values[i/found.Channels] = max(change.Values[i/found.Channels], d, -d)
	}
	change = Blur(change, restoreBlur*float64(max(found.Height, found.Width)))
	out := found
	out.Values = make([]float32, len(found.Values))
	for i, v := range found.Values {
		u := min(1, float64(change.Values[i/found.Channels])/threshold)
		w := float32(u * u * (3 - 2*u))
		out.Values[i] = w*v + (1-w)*original.Values[i]
	}
	return out
}
