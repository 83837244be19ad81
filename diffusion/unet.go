package diffusion

import (
	"fmt"
	"slices"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// UNet is the conditional denoising network eps(z, t, c) of latent diffusion. Field and parameter names are those of
// diffusers' UNet2DConditionModel, so that its published configurations and weights fit.
type UNet struct {
	InChannels          int      `json:"in_channels"`
	OutChannels         int      `json:"out_channels"`
	BlockOutChannels    []int    `json:"block_out_channels"`
	LayersPerBlock      int      `json:"layers_per_block"`
	DownBlockTypes      []string `json:"down_block_types"`   // CrossAttnDownBlock2D or DownBlock2D, one a level
	UpBlockTypes        []string `json:"up_block_types"`     // CrossAttnUpBlock2D or UpBlock2D, from the lowest level up
	AttentionHeads      int      `json:"attention_head_dim"` // the number of heads, despite its published name
	CrossAttentionDim   int      `json:"cross_attention_dim"`
	NormNumGroups       int      `json:"norm_num_groups"`
	NormEps             float64  `json:"norm_eps"`
	UseLinearProjection bool     `json:"use_linear_projection"`
}

// Validate reports a configuration that no network can be built from.
func (u UNet) Validate() error {
	levels := len(u.BlockOutChannels)
	switch {
	case levels == 0:
		return fmt.Errorf("U-Net: block_out_channels is empty; give one width a level")
	case len(u.DownBlockTypes) != levels || len(u.UpBlockTypes) != levels:
		return fmt.Errorf("U-Net: %d levels need as many down_block_types (%d given) and up_block_types (%d given)",
			levels, len(u.DownBlockTypes), len(u.UpBlockTypes))
	case u.InChannels < 1 || u.OutChannels < 1 || u.LayersPerBlock < 1 || u.CrossAttentionDim < 1:
		return fmt.Errorf("U-Net: in_channels, out_channels, layers_per_block and cross_attention_dim must be positive")
	case u.AttentionHeads < 1 || u.NormNumGroups < 1 || u.NormEps <= 0:
		return fmt.Errorf("U-Net: attention_head_dim, norm_num_groups and norm_eps must be positive")
	}
	for _, width := range u.BlockOutChannels {
		if width < 1 || width%u.NormNumGroups != 0 || width%u.AttentionHeads != 0 {
			return fmt.Errorf("U-Net: width %d is not a multiple of norm_num_groups %d and of %d attention heads",
				width, u.NormNumGroups, u.AttentionHeads)
		}
	}
	for _, kind := range u.DownBlockTypes {
		if kind != "CrossAttnDownBlock2D" && kind != "DownBlock2D" {
			return fmt.Errorf("U-Net: unknown down block %q; legal are CrossAttnDownBlock2D and DownBlock2D", kind)
		}
	}
	for _, kind := range u.UpBlockTypes {
		if kind != "CrossAttnUpBlock2D" && kind != "UpBlock2D" {
			return fmt.Errorf("U-Net: unknown up block %q; legal are CrossAttnUpBlock2D and UpBlock2D", kind)
		}
	}
	return nil
}

// Eps returns the noise estimate [batch, height, width, channels] for noisy latents z of that shape at timesteps t
// [batch] under the condition tokens cond [batch, tokens, cross-attention width]. Height and width must be divisible
// by 2^(levels-1).
func (u UNet) Eps(s nn.Scope, z, t, cond *Node) *Node {
	temb := u.timeEmbedding(s.Sub("time_embedding"), t, z)
	h := nn.Conv2D(s.Sub("conv_in"), z, u.BlockOutChannels[0], 3)
	skips := []*Node{h}
	for level, width := range u.BlockOutChannels {
		b := s.Sub("down_blocks").Sub(strconv.Itoa(level))
		for layer := range u.LayersPerBlock {
			h = u.layer(b, layer, h, temb, cond, width, u.DownBlockTypes[level] == "CrossAttnDownBlock2D")
			skips = append(skips, h)
		}
		if level < len(u.BlockOutChannels)-1 {
			h = nn.ConvGeneral2D(b.Sub("downsamplers").Sub("0").Sub("conv"), h, width, 3, 2, [2]int{1, 1})
			skips = append(skips, h)
		}
	}
	h = u.middle(s.Sub("mid_block"), h, temb, cond)
	widths := slices.Clone(u.BlockOutChannels)
	slices.Reverse(widths)
	for level, width := range widths {
		b := s.Sub("up_blocks").Sub(strconv.Itoa(level))
		for layer := range u.LayersPerBlock + 1 {
			skip := skips[len(skips)-1]
			skips = skips[:len(skips)-1]
			h = Concatenate([]*Node{h, skip}, -1)
			h = u.layer(b, layer, h, temb, cond, width, u.UpBlockTypes[level] == "CrossAttnUpBlock2D")
		}
		if level < len(widths)-1 {
			h = nn.Conv2D(b.Sub("upsamplers").Sub("0").Sub("conv"), nn.Upsample2x(h), width, 3)
		}
	}
	h = nn.SiLU(nn.GroupNorm(s.Sub("conv_norm_out"), h, u.NormNumGroups, u.NormEps))
	return nn.ZeroConv2D(s.Sub("conv_out"), h, u.OutChannels, 3)
}

func (u UNet) timeEmbedding(s nn.Scope, t, z *Node) *Node {
	width := 4 * u.BlockOutChannels[0]
	e := nn.TimestepEmbedding(t, u.BlockOutChannels[0], z.DType())
	e = nn.SiLU(nn.Linear(s.Sub("linear_1"), e, width))
	return nn.Linear(s.Sub("linear_2"), e, width)
}

func (u UNet) layer(b nn.Scope, i int, h, temb, cond *Node, width int, attention bool) *Node {
	n := strconv.Itoa(i)
	h = resnetBlock(b.Sub("resnets").Sub(n), h, temb, width, u.NormNumGroups, u.NormEps)
	if attention {
		h = u.transformer(b.Sub("attentions").Sub(n), h, cond)
	}
	return h
}

func (u UNet) middle(s nn.Scope, h, temb, cond *Node) *Node {
	width := h.Shape().Dimensions[3]
	h = resnetBlock(s.Sub("resnets").Sub("0"), h, temb, width, u.NormNumGroups, u.NormEps)
	h = u.transformer(s.Sub("attentions").Sub("0"), h, cond)
	return resnetBlock(s.Sub("resnets").Sub("1"), h, temb, width, u.NormNumGroups, u.NormEps)
}

func (u UNet) transformer(s nn.Scope, h, cond *Node) *Node {
	return spatialTransformer(s, h, cond, u.AttentionHeads, u.NormNumGroups, u.UseLinearProjection)
}
