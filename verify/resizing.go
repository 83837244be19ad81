package verify

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// checkResizing checks the conventions of resizing that activation maps need.
func checkResizing(c *Check) {
	var about struct {
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	for name, o := range map[string]nn.ResizeOptions{
		"half_pixel": {}, "down_half_pixel": {}, "aligned": {AlignCorners: true}, "nearest": {Mode: nn.Nearest}, "nearest_down": {Mode: nn.Nearest},
	} {
		size := g.Shape(name)[2:]
		out := c.Call(nn.NewProgram(c.Backend, name, func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{nn.Resize(a[0], size[0], size[1], o)}
		}), nil, g.Tensor("a"))
		c.Tensor(out[0], g, name, golden.Absolute(about.Tolerance))
	}
}
