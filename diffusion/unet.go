package diffusion

import (
	"errors"
	"fmt"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion/internal/fields"
	"otherwise/nn"
)

// UNet is the conditional denoising network of latent diffusion: with [UNet.Eps] it estimates the noise, or what else
// it was trained to estimate (see [Predicting]). Field and parameter names are those of diffusers'
// UNet2DConditionModel, so that its published configurations and weights fit.
type UNet struct {
	InChannels        int      `json:"in_channels"`
	OutChannels       int      `json:"out_channels"`
	BlockOutChannels  []int    `json:"block_out_channels"` // widths of the levels, finest first
	LayersPerBlock    int      `json:"layers_per_block"`
	DownBlockTypes    []string `json:"down_block_types"`   // CrossAttnDownBlock2D or DownBlock2D, one a level
	UpBlockTypes      []string `json:"up_block_types"`     // CrossAttnUpBlock2D or UpBlock2D, from the lowest level up
	AttentionHeads    PerLevel `json:"attention_head_dim"` // the number of heads, despite its published name
	CrossAttentionDim int      `json:"cross_attention_dim"`
	NormNumGroups     int      `json:"norm_num_groups"`
	NormEps           float64  `json:"norm_eps"`
	// UseLinearProjection has linear layers around the transformers, as Stable Diffusion 2, in place of 1x1 convolutions.
	UseLinearProjection bool `json:"use_linear_projection"`
	// NumAttentionHeads, where it is given, is the number of heads, and AttentionHeads has no meaning.
	NumAttentionHeads PerLevel `json:"num_attention_heads,omitempty"`
	// TransformerLayers is the number of blocks in each transformer; none given is 1.
	TransformerLayers PerLevel `json:"transformer_layers_per_block,omitempty"`
}

// unetConfig is what is known of published U-Nets.
var unetConfig = fields.Kind{Name: "U-Net",
	Ignored: []string{"sample_size", "dropout", "upcast_attention"},
	Fixed: map[string][]string{
		"act_fn": {`"silu"`, `"swish"`}, "attention_type": {`"default"`}, "center_input_sample": {"false"}, "class_embed_type": {"null"},
		"conv_in_kernel": {"3"}, "conv_out_kernel": {"3"}, "downsample_padding": {"1"}, "dual_cross_attention": {"false"},
		"flip_sin_to_cos": {"true"}, "freq_shift": {"0"}, "mid_block_scale_factor": {"1"}, "mid_block_type": {`"UNetMidBlock2DCrossAttn"`},
		"only_cross_attention": {"false"}, "resnet_out_scale_factor": {"1"}, "resnet_time_scale_shift": {`"default"`},
		"time_embedding_type": {`"positional"`}, "addition_embed_type_num_heads": {"64"}}}

// ParseUNet reads the config.json of a published UNet2DConditionModel. A field that changes the network in a way that
// isn't implemented is an error that names it.
func ParseUNet(raw []byte) (UNet, error) {
	u := UNet{InChannels: 4, OutChannels: 4, BlockOutChannels: []int{320, 640, 1280, 1280}, LayersPerBlock: 2,
		DownBlockTypes: []string{"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"},
		UpBlockTypes:   []string{"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"},
		AttentionHeads: PerLevel{8}, CrossAttentionDim: 1280, NormNumGroups: 32, NormEps: 1e-5}
	if err := unetConfig.Parse(raw, &u); err != nil {
		return UNet{}, err
	}
	return u, u.Validate()
}

// Validate reports a configuration that no network can be built from.
func (u UNet) Validate() error {
	levels := len(u.BlockOutChannels)
	switch {
	case levels == 0 || levels > maxLevels || u.LayersPerBlock > maxLayers:
		return fmt.Errorf("U-Net: %d widths in block_out_channels and %d layers_per_block; legal are 1 to %d, one a level, and up to %d",
			levels, u.LayersPerBlock, maxLevels, maxLayers)
	case len(u.DownBlockTypes) != levels || len(u.UpBlockTypes) != levels:
		return fmt.Errorf("U-Net: %d levels need as many down_block_types (%d given) and up_block_types (%d given)",
			levels, len(u.DownBlockTypes), len(u.UpBlockTypes))
	case u.InChannels < 1 || u.OutChannels < 1 || u.LayersPerBlock < 1 || u.CrossAttentionDim < 1:
		return fmt.Errorf("U-Net: in_channels, out_channels, layers_per_block and cross_attention_dim must be positive")
	case u.NormNumGroups < 1 || u.NormEps <= 0:
		return fmt.Errorf("U-Net: norm_num_groups and norm_eps must be positive")
	}
	if err := errors.Join(u.heads().validate("U-Net: attention_head_dim (the number of heads)", levels),
		u.depths().validate("U-Net: transformer_layers_per_block", levels)); err != nil {
		return err
	}
	for level, width := range u.BlockOutChannels {
		attends := u.DownBlockTypes[level] == crossDown || u.UpBlockTypes[levels-1-level] == crossUp || level == levels-1
		if heads := u.heads().At(level); width < 1 || width%u.NormNumGroups != 0 || attends && width%heads != 0 {
			return fmt.Errorf("U-Net: width %d is not a multiple of norm_num_groups %d and of %d attention heads",
				width, u.NormNumGroups, heads)
		}
	}
	for _, kind := range u.DownBlockTypes {
		if kind != crossDown && kind != "DownBlock2D" {
			return fmt.Errorf("U-Net: unknown down block %q; legal are %s and DownBlock2D", kind, crossDown)
		}
	}
	for _, kind := range u.UpBlockTypes {
		if kind != crossUp && kind != "UpBlock2D" {
			return fmt.Errorf("U-Net: unknown up block %q; legal are %s and UpBlock2D", kind, crossUp)
		}
	}
	return nil
}

// What a configuration may ask for, far above any published network's, so that a broken one is refused before a network is
// built from it.
const (
	maxLevels = 12
	maxLayers = 128 // in a row
)

// Levels with attention.
const (
	crossDown = "CrossAttnDownBlock2D"
	crossUp   = "CrossAttnUpBlock2D"
)

func (u UNet) heads() PerLevel {
	if len(u.NumAttentionHeads) > 0 {
		return u.NumAttentionHeads
	}
	return u.AttentionHeads
}

func (u UNet) depths() PerLevel {
	if len(u.TransformerLayers) > 0 {
		return u.TransformerLayers
	}
	return PerLevel{1}
}

// Eps returns the noise estimate [batch, height, width, channels] for noisy latents z of that shape at timesteps t
// [batch] under the condition tokens cond [batch, tokens, cross-attention width]. Height and width must be divisible
// by 2^(levels-1).
func (u UNet) Eps(s nn.Scope, z, t, cond *Node) *Node {
	temb := u.timeEmbedding(s, t, z)
	h := s.Sub("conv_in").Watched(nn.Conv2D(s.Sub("conv_in"), z, u.BlockOutChannels[0], 3))
	skips := []*Node{h}
	for level, width := range u.BlockOutChannels {
		b := s.Sub("down_blocks").Sub(strconv.Itoa(level))
		for layer := range u.LayersPerBlock {
			h = u.layer(b, layer, level, h, temb, cond, u.DownBlockTypes[level] == crossDown)
			skips = append(skips, h)
		}
		if level < len(u.BlockOutChannels)-1 {
			h = nn.ConvGeneral2D(b.Sub("downsamplers").Sub("0").Sub("conv"), h, width, 3, 2, [2]int{1, 1})
			skips = append(skips, h)
		}
		b.Watched(h)
	}
	h = s.Sub("mid_block").Watched(u.middle(s.Sub("mid_block"), h, temb, cond))
	for block, kind := range u.UpBlockTypes {
		b, level := s.Sub("up_blocks").Sub(strconv.Itoa(block)), len(u.UpBlockTypes)-1-block
		for layer := range u.LayersPerBlock + 1 {
			skip := skips[len(skips)-1]
			skips = skips[:len(skips)-1]
			h = Concatenate([]*Node{h, skip}, -1)
			h = u.layer(b, layer, level, h, temb, cond, kind == crossUp)
		}
		if level > 0 {
			h = nn.Conv2D(b.Sub("upsamplers").Sub("0").Sub("conv"), nn.Upsample2x(h), u.BlockOutChannels[level], 3)
		}
		b.Watched(h)
	}
	h = nn.SiLU(s.Sub("conv_norm_out").Watched(nn.GroupNorm(s.Sub("conv_norm_out"), h, u.NormNumGroups, u.NormEps)))
	return nn.ZeroConv2D(s.Sub("conv_out"), h, u.OutChannels, 3)
}

func (u UNet) timeEmbedding(s nn.Scope, t, z *Node) *Node {
	width := 4 * u.BlockOutChannels[0]
	e := s.Sub("time_proj").Watched(nn.TimestepEmbedding(t, u.BlockOutChannels[0], z.DType()))
	s = s.Sub("time_embedding")
	e = nn.SiLU(nn.Linear(s.Sub("linear_1"), e, width))
	return s.Watched(nn.Linear(s.Sub("linear_2"), e, width))
}

// layer is a residual block and, where the level attends, a transformer.
func (u UNet) layer(b nn.Scope, i, level int, h, temb, cond *Node, attends bool) *Node {
	n := strconv.Itoa(i)
	h = resnetBlock(b.Sub("resnets").Sub(n), h, temb, u.BlockOutChannels[level], u.NormNumGroups, u.NormEps)
	if attends {
		h = u.transformer(b.Sub("attentions").Sub(n), level, h, cond)
	}
	return h
}

func (u UNet) middle(s nn.Scope, h, temb, cond *Node) *Node {
	lowest := len(u.BlockOutChannels) - 1
	width := u.BlockOutChannels[lowest]
	h = resnetBlock(s.Sub("resnets").Sub("0"), h, temb, width, u.NormNumGroups, u.NormEps)
	h = u.transformer(s.Sub("attentions").Sub("0"), lowest, h, cond)
	return resnetBlock(s.Sub("resnets").Sub("1"), h, temb, width, u.NormNumGroups, u.NormEps)
}

func (u UNet) transformer(s nn.Scope, level int, h, cond *Node) *Node {
	return spatialTransformer(s, h, cond, u.heads().At(level), u.depths().At(level), u.NormNumGroups, u.UseLinearProjection)
}
