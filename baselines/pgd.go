package baselines

import (
	"cmp"
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// PGDOptions are the settings of plain PGD. The zero value is linf with 8/255.
type PGDOptions struct {
	// Norm is linf or l2.
	Norm string `json:"norm"`
	// Radius is the ball's; linf 8/255; l2 3.0 for 224x224 pixels of three channels, scaled to the picture's size (our choice). A
	// pointer, so that 0 can be asked for.
	Radius *float64 `json:"radius"`
	// Step is 2/255 for linf, a sixth of the radius for l2.
	Step float64 `json:"step"`
	// Iterations is 20 (our choice; usual are 10 to 50).
	Iterations int `json:"iterations"`
	// TraceFrames is how many iterations, evenly spread, keep their picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
}

func (o PGDOptions) withDefaults() (PGDOptions, error) {
	o.Norm = cmp.Or(o.Norm, "linf")
	if o.Norm == "linf" {
		o.Radius, o.Step = cmp.Or(o.Radius, new(8.0/255)), cmp.Or(o.Step, 2.0/255)
	}
	o.Iterations = cmp.Or(o.Iterations, 20)
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	switch {
	case o.Norm != "linf" && o.Norm != "l2":
		return o, fmt.Errorf("norm %q is unknown; legal are linf and l2", o.Norm)
	case o.Iterations < 1:
		return o, fmt.Errorf("iterations is %d; it must be positive", o.Iterations)
	}
	numbers := map[string]float64{"step": o.Step}
	if o.Radius != nil {
		numbers["radius"] = *o.Radius
	}
	return o, finite(numbers)
}

// PGD is plain targeted projected gradient descent on the picture: an adversarial example, not a counterfactual. It is the negative
// control that shows what flip ratio and distance alone are worth. Source: Madry et al., 2018; SPEC-BASELINES section 7.
type PGD struct {
	*explainer
	options PGDOptions
	step    *nn.Program
}

// NewPGD prepares the method. Options that make no sense are errors; nothing is compiled before the first picture.
func NewPGD(m counterfactual.Models, o PGDOptions) (*PGD, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", NamePGD, err)
	}
	p := &PGD{options: o, step: newPGDStep(m, o)}
	if p.explainer, err = newExplainer(m, NamePGD, o, o.TraceFrames); err != nil {
		return nil, err
	}
	p.pictures = true
	p.attempts = []attempt{p.search}
	p.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *p
		short.options.Iterations = 1
		return short.search(ctx, b, watch)
	}
	return p, nil
}

func (p *PGD) search(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
	x, err := p.Attack(ctx, b, watch)
	if err != nil {
		return nil, err
	}
	defer nn.Free(x)
	pictures, err := counterfactual.Unbatch(x)
	return &found{pictures: pictures}, err
}

// Attack makes all iterations and returns the pictures.
func (p *PGD) Attack(ctx context.Context, b *Batch, watch Watcher) (*tensors.Tensor, error) {
	radius, step := p.size(b.Picture.Shape().Size() / len(b.Targets))
	x := b.Picture
	for k := range p.options.Iterations {
		if err := stopped(ctx, k, p.options.Iterations); err != nil {
			return nil, err
		}
		out, err := p.step.Call(p.models.Params(), x, b.Picture, b.Targets, float32(radius), float32(step))
		if x != b.Picture {
			nn.Free(x)
		}
		if err != nil {
			return nil, fmt.Errorf("iteration %d of %d: %w", k+1, p.options.Iterations, err)
		}
		x = out[0]
		loss, err := floats(out[1])
		if err != nil {
			return nil, err
		}
		err = watch.show(State{Stage: "attack", Index: k, Total: p.options.Iterations, Loss: loss[0], Probability: likelihood(loss[0]), Image: x,
			Details: map[string]*tensors.Tensor{"x": x, "loss": out[1], "grad": out[2]}})
		nn.Free(out[1:]...)
		if err != nil {
			return nil, err
		}
	}
	return x, nil
}

// size is the ball's radius and the step for pictures of so many values.
func (p *PGD) size(values int) (radius, step float64) {
	if p.options.Radius != nil {
		radius = *p.options.Radius
	} else {
		radius = 3 * math.Sqrt(float64(values)/(224*224*3))
	}
	return radius, cmp.Or(p.options.Step, radius/6)
}

// newPGDStep is one iteration: a step against the loss, then the ball, then the range of pictures.
func newPGDStep(m counterfactual.Models, o PGDOptions) *nn.Program {
	return nn.NewProgram(m.Backend, "pgd step", func(s []nn.Scope, a []*Node) []*Node {
		x, original, target, radius, step := a[0], a[1], a[2], a[3], a[4]
		loss := Neg(m.Classifier.LogProb(counterfactual.BindNets(s).Classifier, x, target))
		gradient := Gradient(ReduceAllSum(loss), x)[0]
		var change *Node
		if o.Norm == "linf" {
			change = Sub(Sub(x, Mul(step, Sign(gradient))), original)
			change = Max(Min(change, radius), Neg(radius))
		} else {
			change = Sub(Sub(x, Mul(step, unit(gradient))), original)
			length := perSampleNorm(change)
			change = Where(BroadcastToDims(GreaterThan(length, radius), change.Shape().Dimensions...),
				Mul(change, Div(radius, MaxScalar(length, 1e-30))), change)
		}
		return []*Node{ClipScalar(Add(original, change), 0, 1), loss, gradient}
	})
}
