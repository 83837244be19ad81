package counterfactual

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Decoder makes pictures of latents, such as those that a trace kept, noise included.
type Decoder struct {
	models  Models
	program *nn.Program
}

// NewDecoder prepares a decoder; nothing is compiled before the first call.
func NewDecoder(m Models) *Decoder {
	return &Decoder{models: m, program: nn.NewProgram(m.Backend, "decoder", func(nets []nn.Scope, args []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.ClipScalar(m.DecodeUnit(Nets{Autoencoder: nets[0]}, args[0]), 0, 1)}
	})}
}

// Decode returns the pictures of latents [height, width, channels], clamped to [0, 1]. All must have one size.
func (d *Decoder) Decode(latents ...Grid) ([]Picture, error) {
	if len(latents) == 0 {
		return nil, nil
	}
	first := latents[0]
	if c := d.models.Diffusion.Autoencoder.Channels(); first.Channels != c {
		return nil, fmt.Errorf("latents of %d channels; the autoencoder's have %d", first.Channels, c)
	}
	var values []float32
	for i, g := range latents {
		if g.Height != first.Height || g.Width != first.Width || g.Channels != first.Channels || len(g.Values) != g.Height*g.Width*g.Channels {
			return nil, fmt.Errorf("latent %d is %dx%dx%d with %d values, the first %dx%dx%d; a batch needs one size", i, g.Height, g.Width, g.Channels,
				len(g.Values), first.Height, first.Width, first.Channels)
		}
		values = append(values, g.Values...)
	}
	if len(values) == 0 {
		return nil, errors.New("the latents are empty")
	}
	out, err := d.program.Call1([]*nn.Params{d.models.Diffusion.AutoencoderParams},
		tensors.FromFlatDataAndDimensions(values, len(latents), first.Height, first.Width, first.Channels))
	if err != nil {
		return nil, err
	}
	return Unbatch(out)
}
