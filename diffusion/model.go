package diffusion

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Denoiser estimates the noise in latents: z [batch, height, width, channels], t [batch] int32, cond [batch, tokens,
// width]; the result has the shape of z.
type Denoiser interface {
	Eps(s nn.Scope, z, t, cond *Node) *Node
}

// Autoencoder maps pictures in [-1, 1] to latents in its own units and back.
type Autoencoder interface {
	Encode(s nn.Scope, x *Node) (mean, logvar *Node) // logvar is nil where the latent has no posterior but the mean
	Decode(s nn.Scope, z *Node) *Node
	Factor() int                   // side of a picture divided by the side of its latent
	Channels() int                 // channels of a latent
	DecoderParam(name string) bool // whether a parameter belongs to the decoding half
	// Approximate reports whether decoded pictures only resemble those of the autoencoder that the denoiser was trained
	// with; who shows them says so.
	Approximate() bool
}

// Conditioner turns classes into the tokens that a denoiser attends to.
type Conditioner interface {
	// Tokens returns [len(classes), tokens, width]. A class is an index or [Unconditional].
	Tokens(classes []int) (*tensors.Tensor, error)
}

// Unconditional stands for "no class" where a [Conditioner] takes a class.
const Unconditional = -1

// Model is a latent diffusion model with its weights.
type Model struct {
	Denoiser          Denoiser
	DenoiserParams    *nn.Params
	Autoencoder       Autoencoder
	AutoencoderParams *nn.Params
	Conditioner       Conditioner
	Latents           Normalisation
	Schedule          Schedule
	Leak              *SignalLeak // what samples start with beside noise; nil for noise alone
	LeakParams        *nn.Params
}

// Normalisation takes the autoencoder's latents to the scale that the denoiser works on:
// (latent - Mean) * Scale, per channel. Stable Diffusion has Mean 0 and Scale 0.18215 for every channel.
type Normalisation struct {
	Mean  []float64 `json:"latents_mean"`
	Scale []float64 `json:"latents_scale"`
}

// Validate checks the normalisation against the number of latent channels.
func (n Normalisation) Validate(channels int) error {
	if len(n.Mean) != channels || len(n.Scale) != channels {
		return fmt.Errorf("latent normalisation: %d means and %d scales for %d latent channels",
			len(n.Mean), len(n.Scale), channels)
	}
	for i, s := range n.Scale {
		if !(s > 0) {
			return fmt.Errorf("latent normalisation: scale of channel %d is %g; it must be positive", i, s)
		}
	}
	return nil
}

// Apply takes latents [..., channels] in the autoencoder's units to the denoiser's.
func (n Normalisation) Apply(latent *Node) *Node {
	return Mul(Sub(latent, perChannel(latent, n.Mean)), perChannel(latent, n.Scale))
}

// Undo is the inverse of Apply.
func (n Normalisation) Undo(z *Node) *Node {
	return Add(Div(z, perChannel(z, n.Scale)), perChannel(z, n.Mean))
}

func perChannel(like *Node, values []float64) *Node {
	dims := make([]int, like.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[len(dims)-1] = len(values)
	return Reshape(ConstAsDType(like.Graph(), like.DType(), values), dims...)
}

// Encode returns the normalised latent of pictures x [batch, height, width, channels] in [-1, 1]. With noise (standard
// normal, shaped as the latent) it is a sample of the posterior, with nil its mean; an autoencoder without a posterior has
// one latent in either case.
func (m *Model) Encode(s nn.Scope, x, noise *Node) *Node {
	mean, logvar := m.Autoencoder.Encode(s, x)
	if noise != nil && logvar != nil {
		mean = Add(mean, Mul(Exp(MulScalar(logvar, 0.5)), noise))
	}
	return m.Latents.Apply(mean)
}

// Decode returns the pictures, nominally in [-1, 1], of normalised latents.
func (m *Model) Decode(s nn.Scope, z *Node) *Node {
	return m.Autoencoder.Decode(s, m.Latents.Undo(z))
}

// LatentDims returns the shape of the latents of a batch of pictures.
func (m *Model) LatentDims(batch, height, width int) []int {
	f := m.Autoencoder.Factor()
	return []int{batch, height / f, width / f, m.Autoencoder.Channels()}
}

// ToUnit maps pictures from [-1, 1] to [0, 1], the range that classifiers take.
func ToUnit(x *Node) *Node { return MulScalar(OnePlus(x), 0.5) }

// FromUnit maps pictures from [0, 1] to [-1, 1], the range of autoencoders.
func FromUnit(x *Node) *Node { return MinusOne(MulScalar(x, 2)) }

// Timesteps returns t repeated for each picture of a batch, as a denoiser takes it.
func Timesteps(t *Node, batch int) *Node {
	return BroadcastToDims(ConvertDType(t, dtypes.Int32), batch)
}
