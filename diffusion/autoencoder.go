package diffusion

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

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
}

// autoencoderEps is the epsilon of every GroupNorm in the published autoencoders.
const autoencoderEps = 1e-6

// Validate reports a configuration that no network can be built from.
func (a AutoencoderKL) Validate() error {
	if len(a.BlockOutChannels) == 0 {
		return fmt.Errorf("autoencoder: block_out_channels is empty; give one width a level")
	}
	if a.InChannels < 1 || a.OutChannels < 1 || a.LatentChannels < 1 || a.LayersPerBlock < 1 || a.NormNumGroups < 1 || a.PatchSize < 0 {
		return fmt.Errorf("autoencoder: in_channels, out_channels, latent_channels, layers_per_block and " +
			"norm_num_groups must be positive, patch_size not negative")
	}
	for _, width := range a.BlockOutChannels {
		if width < 1 || width%a.NormNumGroups != 0 {
			return fmt.Errorf("autoencoder: width %d is not a multiple of norm_num_groups %d", width, a.NormNumGroups)
		}
	}
	return nil
}

// Factor is the side of a picture divided by the side of its latent.
func (a AutoencoderKL) Factor() int { return a.patch() << (len(a.BlockOutChannels) - 1) }

func (a AutoencoderKL) patch() int { return max(1, a.PatchSize) }

// Channels is the number of channels of a latent.
func (a AutoencoderKL) Channels() int { return a.LatentChannels }

// Encode returns mean and log-variance (clamped to [-30, 20]) of the posterior over latents, each
// [batch, height/f, width/f, latent channels], for pictures x [batch, height, width, channels] in [-1, 1].
func (a AutoencoderKL) Encode(s nn.Scope, x *Node) (mean, logvar *Node) {
	e := s.Sub("encoder")
	h := nn.Conv2D(e.Sub("conv_in"), nn.SpaceToDepth(x, a.patch()), a.BlockOutChannels[0], 3)
	for level, width := range a.BlockOutChannels {
		b := e.Sub("down_blocks").Sub(strconv.Itoa(level))
		for layer := range a.LayersPerBlock {
			h = resnetBlock(b.Sub("resnets").Sub(strconv.Itoa(layer)), h, nil, width, a.NormNumGroups, autoencoderEps)
		}
		if level < len(a.BlockOutChannels)-1 {
			h = nn.ConvGeneral2D(b.Sub("downsamplers").Sub("0").Sub("conv"), h, width, 3, 2, [2]int{0, 1})
		}
	}
	h = a.middle(e.Sub("mid_block"), h)
	h = nn.SiLU(nn.GroupNorm(e.Sub("conv_norm_out"), h, a.NormNumGroups, autoencoderEps))
	h = nn.Conv2D(e.Sub("conv_out"), h, 2*a.LatentChannels, 3)
	moments := Split(nn.Conv2D(s.Sub("quant_conv"), h, 2*a.LatentChannels, 1), 3, 2)
	return moments[0], ClipScalar(moments[1], -30, 20)
}

// Decode returns the picture [batch, height*f, width*f, channels], nominally in [-1, 1] and not clamped, of latents z
// [batch, height, width, latent channels] in the autoencoder's own units.
func (a AutoencoderKL) Decode(s nn.Scope, z *Node) *Node {
	d := s.Sub("decoder")
	widths := slices.Clone(a.BlockOutChannels)
	slices.Reverse(widths)
	h := nn.Conv2D(s.Sub("post_quant_conv"), z, a.LatentChannels, 1)
	h = nn.Conv2D(d.Sub("conv_in"), h, widths[0], 3)
	h = a.middle(d.Sub("mid_block"), h)
	for level, width := range widths {
		b := d.Sub("up_blocks").Sub(strconv.Itoa(level))
		for layer := range a.LayersPerBlock + 1 {
			h = resnetBlock(b.Sub("resnets").Sub(strconv.Itoa(layer)), h, nil, width, a.NormNumGroups, autoencoderEps)
		}
		if level < len(widths)-1 {
			h = nn.Conv2D(b.Sub("upsamplers").Sub("0").Sub("conv"), nn.Upsample2x(h), width, 3)
		}
	}
	h = nn.SiLU(nn.GroupNorm(d.Sub("conv_norm_out"), h, a.NormNumGroups, autoencoderEps))
	h = nn.Conv2D(d.Sub("conv_out"), h, a.OutChannels*a.patch()*a.patch(), 3)
	return nn.DepthToSpace(h, a.patch())
}

// DecoderParam reports whether the named parameter belongs to the decoding half (the decoder and post_quant_conv),
// the part that ECED fits to one picture.
func (a AutoencoderKL) DecoderParam(name string) bool {
	return strings.HasPrefix(name, "decoder.") || strings.HasPrefix(name, "post_quant_conv.")
}

func (a AutoencoderKL) middle(s nn.Scope, h *Node) *Node {
	width := h.Shape().Dimensions[3]
	h = resnetBlock(s.Sub("resnets").Sub("0"), h, nil, width, a.NormNumGroups, autoencoderEps)
	if a.MidBlockAddAttention == nil || *a.MidBlockAddAttention {
		h = a.attention(s.Sub("attentions").Sub("0"), h)
	}
	return resnetBlock(s.Sub("resnets").Sub("1"), h, nil, width, a.NormNumGroups, autoencoderEps)
}

// attention is single-head self-attention over all positions, added to its input.
func (a AutoencoderKL) attention(s nn.Scope, x *Node) *Node {
	d := x.Shape().Dimensions
	h := nn.GroupNorm(s.Sub("group_norm"), x, a.NormNumGroups, autoencoderEps)
	h = Reshape(h, d[0], d[1]*d[2], d[3])
	q, k, v := nn.Linear(s.Sub("to_q"), h, d[3]), nn.Linear(s.Sub("to_k"), h, d[3]), nn.Linear(s.Sub("to_v"), h, d[3])
	h = nn.Linear(s.Sub("to_out").Sub("0"), nn.Attention(q, k, v, 1), d[3])
	return Add(x, Reshape(h, d...))
}
