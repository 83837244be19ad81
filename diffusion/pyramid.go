package diffusion

import (
	"fmt"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// pyramid is the encoder and the decoder that the published autoencoders have in common: levels of residual blocks, each
// level but the last half as large as the one before, and a middle with attention. Parameter names are diffusers'.
type pyramid struct {
	widths          []int  // of the levels, finest first
	layers          int    // residual blocks of each level of the encoder; the decoder has one more
	down, up        []bool // levels whose blocks are followed by attention: finest first, and from the lowest up
	groups          int    // of every GroupNorm
	middleAttention bool
	shortcuts       bool // see [AutoencoderKL.Shortcuts]
}

// autoencoderEps is the epsilon of every GroupNorm in the published autoencoders.
const autoencoderEps = 1e-6

// newPyramid makes a pyramid of the fields of a published configuration. Block types are those of diffusers; nil stands
// for blocks without attention.
func newPyramid(kind string, widths []int, layers, groups int, down, up []string, middleAttention *bool) (pyramid, error) {
	p := pyramid{widths: widths, layers: layers, groups: groups, middleAttention: middleAttention == nil || *middleAttention}
	if len(widths) == 0 || len(widths) > maxLevels {
		return p, fmt.Errorf("%s: block_out_channels has %d widths; legal are 1 to %d, one a level", kind, len(widths), maxLevels)
	}
	if layers < 1 || layers > maxLayers || groups < 1 {
		return p, fmt.Errorf("%s: layers_per_block must be 1 to %d and norm_num_groups positive", kind, maxLayers)
	}
	for _, width := range widths {
		if width < 1 || width%groups != 0 {
			return p, fmt.Errorf("%s: width %d is not a multiple of norm_num_groups %d", kind, width, groups)
		}
	}
	var err error
	if p.down, err = attentionLevels(kind, "down_block_types", down, "DownEncoderBlock2D", "AttnDownEncoderBlock2D", len(widths)); err != nil {
		return p, err
	}
	p.up, err = attentionLevels(kind, "up_block_types", up, "UpDecoderBlock2D", "AttnUpDecoderBlock2D", len(widths))
	return p, err
}

// attentionLevels tells which of the levels have attention.
func attentionLevels(kind, field string, types []string, plain, attending string, levels int) ([]bool, error) {
	out := make([]bool, levels)
	if types == nil {
		return out, nil
	}
	if len(types) != levels {
		return nil, fmt.Errorf("%s: %d levels need as many %s, %d are given", kind, levels, field, len(types))
	}
	for i, t := range types {
		if t != plain && t != attending {
			return nil, fmt.Errorf("%s: unknown block %q in %s; legal are %s and %s", kind, t, field, plain, attending)
		}
		out[i] = t == attending
	}
	return out, nil
}

// encode takes x [batch, height, width, in] through the scope "encoder" to [batch, height/f, width/f, out].
func (p pyramid) encode(s nn.Scope, x *Node, out int) *Node {
	h := nn.Conv2D(s.Sub("conv_in"), x, p.widths[0], 3)
	for level, width := range p.widths {
		b := s.Sub("down_blocks").Sub(strconv.Itoa(level))
		h = p.level(b, h, width, p.layers, p.down[level])
		if level < len(p.widths)-1 {
			smaller := nn.ConvGeneral2D(b.Sub("downsamplers").Sub("0").Sub("conv"), h, width, 3, 2, [2]int{0, 1})
			if p.shortcuts {
				smaller = Add(smaller, foldInto(h))
			}
			h = smaller
		}
	}
	h = p.middle(s.Sub("mid_block"), h)
	h = nn.SiLU(nn.GroupNorm(s.Sub("conv_norm_out"), h, p.groups, autoencoderEps))
	return nn.Conv2D(s.Sub("conv_out"), h, out, 3)
}

// decode takes z [batch, height, width, in] through the scope "decoder" to [batch, height*f, width*f, out].
func (p pyramid) decode(s nn.Scope, z *Node, out int) *Node {
	lowest := len(p.widths) - 1
	h := nn.Conv2D(s.Sub("conv_in"), z, p.widths[lowest], 3)
	h = p.middle(s.Sub("mid_block"), h)
	for block := range p.widths {
		b, level := s.Sub("up_blocks").Sub(strconv.Itoa(block)), lowest-block
		h = p.level(b, h, p.widths[level], p.layers+1, p.up[block])
		if level > 0 {
			larger := nn.Conv2D(b.Sub("upsamplers").Sub("0").Sub("conv"), nn.Upsample2x(h), p.widths[level], 3)
			if p.shortcuts {
				larger = Add(larger, unfoldFrom(h))
			}
			h = larger
		}
	}
	h = nn.SiLU(nn.GroupNorm(s.Sub("conv_norm_out"), h, p.groups, autoencoderEps))
	return nn.Conv2D(s.Sub("conv_out"), h, out, 3)
}

// foldInto halves the size of x [batch, height, width, channels]: 2x2 pixels become channels, of which four neighbours
// are averaged.
func foldInto(x *Node) *Node {
	d := x.Shape().Dimensions
	return ReduceMean(Reshape(nn.SpaceToDepth(x, 2), d[0], d[1]/2, d[2]/2, d[3], 4), 4)
}

// unfoldFrom doubles the size of x [batch, height, width, channels]: channels become 2x2 pixels, each repeated four times.
// foldInto undoes it.
func unfoldFrom(x *Node) *Node {
	d := x.Shape().Dimensions
	y := ExpandAxes(nn.DepthToSpace(x, 2), -1)
	return Reshape(BroadcastToDims(y, d[0], 2*d[1], 2*d[2], d[3]/4, 4), d[0], 2*d[1], 2*d[2], d[3])
}

func (p pyramid) level(b nn.Scope, h *Node, width, layers int, attends bool) *Node {
	for layer := range layers {
		h = resnetBlock(b.Sub("resnets").Sub(strconv.Itoa(layer)), h, nil, width, p.groups, autoencoderEps)
		if attends {
			h = p.attention(b.Sub("attentions").Sub(strconv.Itoa(layer)), h)
		}
	}
	return h
}

func (p pyramid) middle(s nn.Scope, h *Node) *Node {
	width := h.Shape().Dimensions[3]
	h = resnetBlock(s.Sub("resnets").Sub("0"), h, nil, width, p.groups, autoencoderEps)
	if p.middleAttention {
		h = p.attention(s.Sub("attentions").Sub("0"), h)
	}
	return resnetBlock(s.Sub("resnets").Sub("1"), h, nil, width, p.groups, autoencoderEps)
}

// attention is single-head self-attention over all positions, added to its input.
func (p pyramid) attention(s nn.Scope, x *Node) *Node {
	d := x.Shape().Dimensions
	h := nn.GroupNorm(s.Sub("group_norm"), x, p.groups, autoencoderEps)
	h = Reshape(h, d[0], d[1]*d[2], d[3])
	q, k, v := nn.Linear(s.Sub("to_q"), h, d[3]), nn.Linear(s.Sub("to_k"), h, d[3]), nn.Linear(s.Sub("to_v"), h, d[3])
	h = nn.Linear(s.Sub("to_out").Sub("0"), nn.Attention(q, k, v, 1), d[3])
	return Add(x, Reshape(h, d...))
}
