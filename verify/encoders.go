package verify

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/internal/golden"
	"otherwise/nn"
)

func checkSimSiam(c *Check) {
	m := model(c, "simsiam_resnet50").(*classify.SimSiam)
	nets := parameters(c, m, checkpoint(c, "classifiers/simsiam.pth.tar"))
	checkForward(c, nets, "", "z", m.Project)
	g := c.Golden()
	out := c.Call(c.Program(func(s []nn.Scope, a []*Node) []*Node {
		x, x2, cotangent := a[0], a[1], a[2]
		z, z2 := m.Embed(s[0], x), m.Embed(s[0], x2)
		cosine := Einsum("bw,bw->b", L2Normalize(z, 1), L2Normalize(StopGradient(z2), 1))
		return []*Node{z2, m.Predict(s[0], z), cosine, Gradient(ReduceAllSum(Mul(cosine, cotangent)), x)[0]}
	}), nets, g.Tensor("inputs.x"), g.Tensor("inputs.x2"), g.Tensor("inputs.cosine_cotangent"))
	c.Tensor(out[0], g, "expected.z_of_x2", golden.RMS(outputTolerance))
	c.Tensor(out[1], g, "expected.predictor", golden.RMS(outputTolerance))
	c.Tensor(out[2], g, "expected.cosine", golden.RMS(outputTolerance))
	c.Tensor(out[3], g, "expected.grad_x_of_cosine", golden.RMS(gradientTolerance))
}

func checkDINO(c *Check) {
	m := model(c, "dino_vits8").(*classify.DINO)
	head := checkpoint(c, "classifiers/dino_linear.pth")
	_, shape, err := head.Info("module.linear.weight")
	if err != nil {
		c.Fatal(err)
	}
	m.Classes = shape[0]
	nets := parameters(c, m, checkpoint(c, "classifiers/dino_vits8.pth"), head)
	g := c.Golden()
	all := *m
	all.LastBlocks = m.Depth
	_, otherShape := g.Floats("inputs.other_x")
	out := c.Call(c.Program(func(s []nn.Scope, a []*Node) []*Node {
		x, cotangent, other := a[0], a[1], a[2]
		class := m.Embed(s[0], x)
		return []*Node{class, Gradient(ReduceAllSum(Mul(class, cotangent)), x)[0], m.HeadInput(s[0], x, nil), m.Forward(s[0], x, nil),
			Slice(all.HeadInput(s[0], x, nil), AxisRange(), AxisRange(0, m.Dim)),
			m.Positions(s[0], otherShape[2]/m.Patch, otherShape[3]/m.Patch), m.Embed(s[0], other)}
	}), nets, g.Tensor("inputs.x"), g.Tensor("inputs.cotangent"), g.Tensor("inputs.other_x"))
	for i, name := range []string{"cls", "grad_x", "cls_last4", "linear_logits", "inside.block0_cls", "other_pos_embed", "other_cls"} {
		tolerance := golden.RMS(outputTolerance)
		if name == "grad_x" {
			tolerance = golden.RMS(gradientTolerance)
		}
		c.Tensor(out[i], g, "expected."+name, tolerance)
	}
}

// checkOpenCLIP checks the encoder of pictures and zero-shot logits, with either activation on the same weights. The texts'
// embeddings are taken as they are stored: the reference's generator filled the text tower's causal mask with random numbers,
// which are in no file, so that open_clip itself gives others with these weights. The full-size case checks that tower.
func checkOpenCLIP(c *Check) {
	m := model(c, "open_clip_vitb32").(*classify.OpenCLIP)
	g := c.Golden()
	nets := parameters(c, m, checkpoint(c, "classifiers/open_clip.safetensors"))
	for _, activation := range []string{"gelu", "quickgelu"} {
		m.QuickGELU = activation == "quickgelu"
		prefix := "expected." + activation + "."
		out := c.Call(c.Program(func(s []nn.Scope, a []*Node) []*Node {
			embedding := m.Embed(s[0], a[0])
			logits := m.Compare(embedding, a[1])
			return []*Node{embedding, logits, Gradient(ReduceAllSum(Mul(logits, a[2])), a[0])[0]}
		}), nets, g.Tensor("inputs.x"), g.Tensor(prefix+"text_embedding"), g.Tensor("inputs.cotangent"))
		c.Tensor(out[0], g, prefix+"image_embedding", golden.RMS(outputTolerance))
		c.Tensor(out[1], g, prefix+"zero_shot_logits", golden.RMS(outputTolerance))
		c.Tensor(out[2], g, prefix+"grad_x", golden.RMS(gradientTolerance))
	}
}
