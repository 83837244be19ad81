package diffusion

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion/internal/fields"
	"otherwise/nn"
)

// AutoencoderKL maps pictures to latents and back. Field and parameter names are those of diffusers' AutoencoderKL.
// Each level but the last halves the picture, so the latent is smaller by 2^(levels-1), times PatchSize.
type AutoencoderKL struct {
	InChannels       int   `json:"in_channels"`
	OutChannels      int   `json:"out_channels"`
	LatentChannels   int   `json:"latent_channels"`
	BlockOutChannels []int `json:"block_out_channels"`
	LayersPerBlock   int   `json:"layers_per_block"`
	NormNumGroups    int   `json:"norm_num_groups"`
	// MidBlockAddAttention, unless false, gives the middle of encoder and decoder self-attention over all positions, as
	// the published autoencoders have it. Without it a latent position acts on its surroundings only, so that an edit of
	// one region leaves distant ones alone.
	MidBlockAddAttention *bool `json:"mid_block_add_attention,omitempty"`
	// PatchSize, if over 1, folds squares of that many pixels into channels before the first layer and unfolds them
	// after the last: a cheaper first level for small models. Published autoencoders have none.
	PatchSize int `json:"patch_size,omitempty"`
	// DownBlockTypes and UpBlockTypes, where given, name each level's blocks: DownEncoderBlock2D or, with attention,
	// AttnDownEncoderBlock2D, finest first; UpDecoderBlock2D or AttnUpDecoderBlock2D from the lowest level up.
	DownBlockTypes []string `json:"down_block_types,omitempty"`
	UpBlockTypes   []string `json:"up_block_types,omitempty"`
	// Shortcuts adds to every layer that halves or doubles the size a path without parameters, so that detail needn't be
	// learned through it: pixels folded into channels and averaged in fours, and the way back (Chen et al., "Deep
	// Compression Autoencoder", 2024). Widths must be multiples of 4. Published autoencoders of this form have none.
	Shortcuts bool `json:"shortcuts,omitempty"`
}

// autoencoderConfig is what is known of published KL autoencoders. What their scaling_factor says is read by
// [ParseLatents].
var autoencoderConfig = fields.Kind{Name: "autoencoder",
	Ignored: []string{"sample_size", "scaling_factor", "force_upcast", "latents_mean", "latents_std"},
	Fixed: map[string][]string{"act_fn": {`"silu"`, `"swish"`}, "shift_factor": {"null", "0"}, "use_quant_conv": {"true"},
		"use_post_quant_conv": {"true"}}}

// ParseAutoencoderKL reads the config.json of a published AutoencoderKL. A field that changes the network in a way that
// isn't implemented is an error that names it.
func ParseAutoencoderKL(raw []byte) (AutoencoderKL, error) {
	a := AutoencoderKL{InChannels: 3, OutChannels: 3, LatentChannels: 4, BlockOutChannels: []int{64}, LayersPerBlock: 1, NormNumGroups: 32}
	if err := autoencoderConfig.Parse(raw, &a); err != nil {
		return AutoencoderKL{}, err
	}
	return a, a.Validate()
}

// Validate reports a configuration that no network can be built from.
func (a AutoencoderKL) Validate() error {
	if a.InChannels < 1 || a.OutChannels < 1 || a.LatentChannels < 1 || a.PatchSize < 0 {
		return fmt.Errorf("autoencoder: in_channels, out_channels and latent_channels must be positive, patch_size not negative")
	}
	if a.Shortcuts {
		for _, width := range a.BlockOutChannels {
			if width%4 != 0 {
				return fmt.Errorf("autoencoder: width %d is not a multiple of 4, which shortcuts need", width)
			}
		}
	}
	_, err := a.pyramid()
	return err
}

func (a AutoencoderKL) pyramid() (pyramid, error) {
	p, err := newPyramid("autoencoder", a.BlockOutChannels, a.LayersPerBlock, a.NormNumGroups, a.DownBlockTypes, a.UpBlockTypes, a.MidBlockAddAttention)
	p.shortcuts = a.Shortcuts
	return p, err
}

// Factor is the side of a picture divided by the side of its latent.
func (a AutoencoderKL) Factor() int { return a.patch() << (len(a.BlockOutChannels) - 1) }

func (a AutoencoderKL) patch() int { return max(1, a.PatchSize) }

// Channels is the number of channels of a latent.
func (a AutoencoderKL) Channels() int { return a.LatentChannels }

// Encode returns mean and log-variance (clamped to [-30, 20]) of the posterior over latents, each
// [batch, height/f, width/f, latent channels], for pictures x [batch, height, width, channels] in [-1, 1].
func (a AutoencoderKL) Encode(s nn.Scope, x *Node) (mean, logvar *Node) {
	h := must(a.pyramid()).encode(s.Sub("encoder"), nn.SpaceToDepth(x, a.patch()), 2*a.LatentChannels)
	moments := Split(nn.Conv2D(s.Sub("quant_conv"), h, 2*a.LatentChannels, 1), 3, 2)
	return moments[0], ClipScalar(moments[1], -30, 20)
}

// Decode returns the picture [batch, height*f, width*f, channels], nominally in [-1, 1] and not clamped, of latents z
// [batch, height, width, latent channels] in the autoencoder's own units.
func (a AutoencoderKL) Decode(s nn.Scope, z *Node) *Node {
	h := nn.Conv2D(s.Sub("post_quant_conv"), z, a.LatentChannels, 1)
	h = must(a.pyramid()).decode(s.Sub("decoder"), h, a.OutChannels*a.patch()*a.patch())
	return nn.DepthToSpace(h, a.patch())
}

// Approximate is false: this is the autoencoder that a denoiser is trained with.
func (AutoencoderKL) Approximate() bool { return false }

// DecoderParam reports whether the named parameter belongs to the decoding half (the decoder and post_quant_conv),
// the part that ECED fits to one picture.
func (a AutoencoderKL) DecoderParam(name string) bool { return decoderParam(name) }

func decoderParam(name string) bool {
	return strings.HasPrefix(name, "decoder.") || strings.HasPrefix(name, "post_quant_conv.")
}

// must ends the building of a graph with the configuration's error.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
