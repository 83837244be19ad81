package cam

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// ResizeBilinear resizes x [batch, height, width, channels] without antialiasing. With alignCorners the centres of the
// corner pixels stay where they are (PyTorch's align_corners=True); without, the outer edges of the picture do and
// positions beyond the outermost centres repeat them (half-pixel, align_corners=False). It is differentiable.
func ResizeBilinear(x *Node, height, width int, alignCorners bool) *Node {
	return nn.Resize(x, height, width, nn.ResizeOptions{AlignCorners: alignCorners})
}
