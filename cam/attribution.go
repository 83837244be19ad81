package cam

import (
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// attribute sums the gradients of the class's logit by pictures [batch, height, width, channels], each times its share.
func (g grapher) attribute(nets []nn.Scope, args []*Node) []*Node {
	pictures, class, shares := args[0], args[1], args[2]
	logits := g.classifier.Network.Forward(nets[0], g.classifier.Network.Preprocess(pictures), nil)
	gradient := Gradient(ReduceAllSum(g.classScore(logits, class)), pictures)[0]
	return []*Node{ReduceSum(Mul(gradient, Reshape(shares, -1, 1, 1, 1)), 0)}
}

// point is one of the pictures that gradients are taken at, and its share in their sum.
type point struct {
	values []float32
	share  float32
}

// attributions returns what a method that needs no layer attributes to each value of the picture [height, width, channels].
func (m *Mapper) attributions(ctx context.Context, p counterfactual.Picture, class int) ([]float32, error) {
	if m.options.Method == SmoothGrad {
		return m.Smooth(ctx, p, class, func(i int) []float32 {
			return nn.Gaussian(m.options.Seed, fmt.Sprintf("cam/noise/%d", i), len(p.Values))
		})
	}
	at, weight := make([]float64, m.options.Samples), make([]float64, m.options.Samples)
	quad.Legendre{}.FixedLocations(at, weight, 0, 1)
	sum, err := m.integrate(ctx, p, class, m.options.Samples, func(i int) point {
		return point{values: m.between(p, float32(at[i])), share: float32(weight[i])}
	})
	if err != nil {
		return nil, err
	}
	for i, v := range p.Values {
		sum[i] *= v - float32(m.options.Baseline)
	}
	return sum, nil
}

// Smooth is SmoothGrad with noise of the caller's: the mean over Options.Samples noisy copies of the picture of the gradient of the
// class's logit, [height, width, channels]. noise gives copy i's standard normal numbers, one for each value.
func (m *Mapper) Smooth(ctx context.Context, p counterfactual.Picture, class int, noise func(i int) []float32) ([]float32, error) {
	return m.integrate(ctx, p, class, m.options.Samples, func(i int) point { return m.noisy(p, noise(i)) })
}

// noisy is the picture with noise of the options' level.
func (m *Mapper) noisy(p counterfactual.Picture, noise []float32) point {
	lo, hi := bounds(p.Values)
	std := float32(m.options.NoiseLevel * (hi - lo))
	out := point{values: make([]float32, len(p.Values)), share: 1 / float32(m.options.Samples)}
	for i, v := range p.Values {
		out.values[i] = v + std*noise[i]
	}
	return out
}

// between is the picture that lies at a share of the way from the plain one to p.
func (m *Mapper) between(p counterfactual.Picture, share float32) []float32 {
	out := make([]float32, len(p.Values))
	for i, v := range p.Values {
		out[i] = float32(m.options.Baseline) + share*(v-float32(m.options.Baseline))
	}
	return out
}

// integrate sums gradients at n points, in batches.
func (m *Mapper) integrate(ctx context.Context, p counterfactual.Picture, class, n int, at func(i int) point) ([]float32, error) {
	chosen, err := m.Batch(p)
	if err != nil {
		return nil, err
	}
	batch := min(chosen.Size, n)
	sum := make([]float32, len(p.Values))
	for start := 0; start < n; start += batch {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("stopped after %d of %d gradients: %w", start, n, err)
		}
		pictures, shares := make([]float32, 0, batch*len(p.Values)), make([]float32, batch)
		for i := range batch {
			if start+i < n {
				q := at(start + i)
				pictures, shares[i] = append(pictures, q.values...), q.share
			} else { // a batch of another size would be compiled anew; this one's last pictures count nothing
				pictures = append(pictures, p.Values...)
			}
		}
		out, err := m.programs.attribute.Call(m.nets(), tensors.FromFlatDataAndDimensions(pictures, batch, p.Height, p.Width, p.Channels),
			int32(class), shares)
		if err != nil {
			return nil, err
		}
		part, err := read(out[0])
		if err != nil {
			return nil, err
		}
		nn.Free(out...)
		for i, v := range part {
			sum[i] += v
		}
		m.progress(min(start+batch, n), n)
	}
	return sum, nil
}

// perPixel sums the sizes of a pixel's attributions over its channels, as the authors of SmoothGrad draw them.
func perPixel(attributions []float32, channels int) []float32 {
	out := make([]float32, len(attributions)/channels)
	for i, v := range attributions {
		out[i/channels] += float32(math.Abs(float64(v)))
	}
	return out
}
