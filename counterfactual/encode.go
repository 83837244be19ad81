package counterfactual

import (
	"github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// Encoder makes latents of pictures: it is the way that [Decoder] goes back.
type Encoder struct {
	models  Models
	program *nn.Program
}

// NewEncoder prepares an encoder; nothing is compiled before the first call.
func NewEncoder(m Models) *Encoder {
	return &Encoder{models: m, program: nn.NewProgram(m.Backend, "encoder", func(nets []nn.Scope, args []*graph.Node) []*graph.Node {
		return []*graph.Node{m.EncodeUnit(Nets{Autoencoder: nets[0]}, args[0])}
	})}
}

// Encode returns the latents of pictures, [height, width, channels], on the scale that the denoiser works on: the mean of the
// encoder's posterior. All pictures must have one size.
func (e *Encoder) Encode(pictures ...Picture) ([]Grid, error) {
	if len(pictures) == 0 {
		return nil, nil
	}
	batch, err := Batch(pictures...)
	if err != nil {
		return nil, err
	}
	out, err := e.program.Call1([]*nn.Params{e.models.Diffusion.AutoencoderParams}, batch)
	if err != nil {
		return nil, err
	}
	return Grids(out)
}
