package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// resnetBlock is the residual block of U-Net and autoencoder: norm1, SiLU, conv1, plus the projected timestep
// embedding (nil in the autoencoder), norm2, SiLU, conv2, plus the input (through conv_shortcut where widths differ).
// x: [batch, height, width, in]; temb: [batch, width of the embedding], before its SiLU.
func resnetBlock(s nn.Scope, x, temb *Node, out, groups int, eps float64) *Node {
	h := nn.SiLU(nn.GroupNorm(s.Sub("norm1"), x, groups, eps))
	h = nn.Conv2D(s.Sub("conv1"), h, out, 3)
	if temb != nil {
		h = Add(h, ExpandAxes(nn.Linear(s.Sub("time_emb_proj"), nn.SiLU(temb), out), 1, 2))
	}
	h = nn.SiLU(nn.GroupNorm(s.Sub("norm2"), h, groups, eps))
	h = nn.ZeroConv2D(s.Sub("conv2"), h, out, 3)
	if x.Shape().Dimensions[3] != out {
		x = nn.Conv2D(s.Sub("conv_shortcut"), x, out, 1)
	}
	return s.Watched(Add(x, h))
}
