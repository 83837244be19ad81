package baselines

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// dimeGuidance is what DiME, FastDiME and MaskDiME share: gradients at a clean point, and the way a search begins and is tried again.
type dimeGuidance struct {
	*explainer
	settings DiMEOptions
	steps    []diffusion.AncestralStep // Tau that are made and the level above, where the search begins
	noise    *nn.Program
	params   []*nn.Params
}

// dimeFamily are the options of a method with DiME's among them.
type dimeFamily interface {
	shared() *DiMEOptions
	fill() error // the method's own defaults, or what is wrong with its options
}

// newDiMEGuidance prepares what the methods share, after filling in all defaults in their options.
func newDiMEGuidance[O any, P interface {
	*O
	dimeFamily
}](m counterfactual.Models, name string, options P) (*dimeGuidance, error) {
	o := options.shared()
	err := o.withDefaults(m)
	if err == nil {
		err = options.fill()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	steps, err := m.Diffusion.Schedule.AncestralSteps(o.Steps)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	g := &dimeGuidance{settings: *o, steps: steps[:o.Tau+1], noise: newNoising(m), params: append(m.Params(), o.Perceptual.Params)}
	g.explainer, err = newExplainer(m, name, *options, o.TraceFrames)
	return g, err
}

// first is the same with the last n steps of the chain only, or all: a rehearsal.
func (g *dimeGuidance) first(n int) *dimeGuidance {
	short := *g
	short.steps = g.steps[:min(n+1, len(g.steps))]
	return &short
}

// try makes the attempts: a search for each lambda_c.
func (g *dimeGuidance) try(search func(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*found, error)) {
	for _, lambdaC := range g.settings.LambdaC {
		g.attempts = append(g.attempts, func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
			f, err := search(ctx, b, lambdaC, func(s State) error {
				s.Stage = fmt.Sprintf("denoise, lambda_c %g", lambdaC)
				return watch.show(s)
			})
			if err != nil {
				err = fmt.Errorf("lambda_c %g: %w", lambdaC, err)
			}
			return f, err
		})
	}
}

// start is the batch's latent one level above the first step that is made.
func (g *dimeGuidance) start(b *Batch) (*tensors.Tensor, error) {
	return noised(g.noise, b, b.Latent, g.steps[len(g.steps)-1], "start")
}

// weights are lambda_c, lambda_1 and lambda_p as programs take them.
func (g *dimeGuidance) weights(lambdaC float64) []any {
	return []any{float32(lambdaC), float32(*g.settings.Lambda1), float32(*g.settings.LambdaP)}
}

// cleanPoint is what the classifier and the features say at a clean latent.
type cleanPoint struct {
	image, logits     *Node
	loss, logProb     *Node // [batch]: the class loss, the target's log-probability
	class, perceptual *Node // gradients of lambda_c times the class loss and lambda_p times the perceptual distance
}

// at judges the clean latent. Source: DiME, Eq. 6 and public code; SPEC-BASELINES section 3.
func (o DiMEOptions) at(m counterfactual.Models, s []nn.Scope, clean, picture, target, lambdaC, lambdaP *Node) cleanPoint {
	n := counterfactual.BindNets(s)
	var c cleanPoint
	c.image = m.DecodeUnit(n, clean)
	c.logits = m.Classifier.Logits(n.Classifier, c.image)
	c.logProb = m.Classifier.LogProbOf(c.logits, target)
	c.loss = Neg(c.logProb)
	if o.Loss == "logit" {
		c.loss = Neg(m.Classifier.LogitOf(c.logits, target))
	}
	c.class = Gradient(Mul(lambdaC, ReduceAllSum(c.loss)), clean)[0]
	c.perceptual = ZerosLike(clean)
	if *o.LambdaP > 0 {
		d := Square(Sub(o.Perceptual.features(s[3], c.image), StopGradient(o.Perceptual.features(s[3], picture))))
		distance := ReduceAllSum(ReduceMean(Reshape(d, d.Shape().Dimensions[0], -1), 1))
		c.perceptual = Gradient(Mul(lambdaP, distance), clean)[0]
	}
	return c
}

// features are those of pictures, clamped to [0, 1].
func (p *Perceptual) features(s nn.Scope, unit *Node) *Node {
	var found *Node
	p.Network.Forward(s, p.Network.Preprocess(ClipScalar(unit, 0, 1)), classify.Watch(func(layer string, activations *Node) {
		if layer == p.Layer {
			found = activations
		}
	}))
	if found == nil {
		exceptions.Panicf("the perceptual network lists layer %q but does not show it", p.Layer)
	}
	return found
}

// state describes step k to a watcher. names are those of out's details, empty for what is none.
func (g *dimeGuidance) state(k int, latent, image, loss, logProb *tensors.Tensor, names []string, out []*tensors.Tensor) (State, error) {
	s := State{Index: k, Total: len(g.steps) - 1, Stage: "denoise", Latent: latent, Image: image, Details: map[string]*tensors.Tensor{}}
	values, err := floats(loss, logProb)
	if err != nil {
		return s, err
	}
	s.Loss = values[0]
	for i, v := range values[1] {
		values[1][i] = -v
	}
	s.Probability = likelihood(values[1])
	for i, name := range names {
		if name != "" {
			s.Details[name] = out[i]
		}
	}
	return s, nil
}
