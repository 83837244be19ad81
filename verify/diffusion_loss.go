package verify

import (
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
	"otherwise/train"
)

// checkDiffusionLoss checks the loss that U-Nets are trained with, and its gradient by every parameter.
func checkDiffusionLoss(c *Check) {
	var about struct {
		Loss      float64 `json:"loss"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.toyModels(toy.Options{}).Diffusion
	t := g.Ints("t")
	var alpha []float32
	for _, step := range t {
		alpha = append(alpha, float32(m.Schedule.AlphasCumprod[step]))
	}
	var names []string
	out := c.Call(c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		z, noise, t, alpha, class := a[0], a[1], a[2], a[3], a[4]
		loss := train.DiffusionLoss(m.Denoiser, nets[0], z, t, alpha, noise, class, noise)
		var params []*Node
		names, params = nets[0].Used()
		return append([]*Node{loss}, Gradient(loss, params...)...)
	}), []*nn.Params{m.DenoiserParams}, g.Tensor("z0"), g.Tensor("noise"), t,
		tensors.FromFlatDataAndDimensions(alpha, len(alpha), 1, 1, 1), tokens(g.Ints("c")))
	c.Number("loss", float64(tensors.ToScalar[float32](out[0])), about.Loss, within)
	for i, name := range names {
		compareParam(c, out[1+i], g, "grad."+strings.TrimPrefix(name, "unet."), within)
	}
}
