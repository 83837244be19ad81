package baselines

import (
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// acePrograms are ACE's compiled graphs, beside the filter.
type acePrograms struct {
	encode         *nn.Program // picture -> latent
	encodeGradient *nn.Program // picture, gradient by its latent -> gradient by the picture
	noise          *nn.Program
	head           *nn.Program // filtered latent, target -> picture, logits, loss, gradient
	update         *nn.Program // one step of the attack
	blend          *nn.Program // for the refinement
}

// still is the change below which the l1 distance counts an entry as unchanged: steps of equal size return to the start only up to
// rounding, and the sign of that rounding would decide the next step (public code: 0).
const still = 1e-5

func newACEPrograms(m counterfactual.Models, o ACEOptions) acePrograms {
	program := func(name string, build nn.GraphFunc) *nn.Program { return nn.NewProgram(m.Backend, "ace "+name, build) }
	return acePrograms{
		encode: program("encode", func(s []nn.Scope, a []*Node) []*Node {
			return []*Node{m.EncodeUnit(counterfactual.BindNets(s), a[0])}
		}),
		encodeGradient: program("encode gradient", func(s []nn.Scope, a []*Node) []*Node {
			z := m.EncodeUnit(counterfactual.BindNets(s), a[0])
			return Gradient(ReduceAllSum(Mul(z, a[1])), a[0])
		}),
		noise: newNoising(m),
		head: program("head", func(s []nn.Scope, a []*Node) []*Node {
			n := counterfactual.BindNets(s)
			image := m.DecodeUnit(n, a[0])
			logits := m.Classifier.Logits(n.Classifier, image)
			loss := Neg(m.Classifier.LogProbOf(logits, a[1]))
			return []*Node{image, logits, loss, Gradient(ReduceAllSum(loss), a[0])[0]}
		}),
		update: program("update", func(_ []nn.Scope, a []*Node) []*Node {
			return aceUpdate(o, a[0], a[1], Mul(a[2], a[3]), a[4], a[5])
		}),
		blend: newBlending(m),
	}
}

// aceUpdate steps from v against the class gradient and that of the distance to start. CE and distance are both summed over the
// batch, so that a picture's way does not depend on its company (public code: mean and sum).
func aceUpdate(o ACEOptions, v, start, classGradient, step, lambda *Node) []*Node {
	distance := ZerosLike(v)
	if *o.LambdaD > 0 {
		d := Sub(v, start)
		if o.Distance == "l1" {
			distance = Where(LessThan(Abs(d), ConstAs(d, still)), ZerosLike(d), Sign(d))
		} else {
			distance = unit(d)
		}
	}
	gradient := Add(classGradient, Mul(lambda, distance))
	move := gradient
	if o.Rule == "sign" {
		move = Sign(gradient)
	}
	next := Sub(v, Mul(step, move))
	if o.Bound > 0 {
		next = Add(start, ClipScalar(Sub(next, start), -o.Bound, o.Bound))
	}
	if o.Variable == variablePicture {
		next = ClipScalar(next, 0, 1)
	}
	return []*Node{next, classGradient, distance, gradient}
}

// Attack is ACE's first half, the pre-explanation: PGD on the latent (or the picture) along the classifier's gradient through the
// diffusion filter, with new noise in every iteration. It returns the attacked, unfiltered variable. Noise streams:
// attack/K/0 starts the filter of iteration K, attack/K/I follows its step I-1.
func (a *ACE) Attack(ctx context.Context, b *Batch, watch Watcher) (*tensors.Tensor, error) {
	start := b.Latent
	if a.options.Variable == variablePicture {
		start = b.Picture
	}
	v := start
	for k := range a.options.Iterations {
		if err := stopped(ctx, k, a.options.Iterations); err != nil {
			return nil, fmt.Errorf("attack %w", err)
		}
		next, err := a.attackStep(ctx, b, start, v, k, watch)
		if v != start {
			nn.Free(v)
		}
		if err != nil {
			return nil, fmt.Errorf("attack, iteration %d of %d: %w", k+1, a.options.Iterations, err)
		}
		v = next
	}
	return v, nil
}

func (a *ACE) attackStep(ctx context.Context, b *Batch, start, v *tensors.Tensor, k int, watch Watcher) (*tensors.Tensor, error) {
	params := a.models.Params()
	z, err := a.filterStart(b, v, k)
	if err != nil {
		return nil, err
	}
	if z != v {
		defer nn.Free(z)
	}
	pass, free, err := descend(ctx, a.filter, params, b, a.steps, z, fmt.Sprintf("attack/%d", k), 1)
	if err != nil {
		return nil, err
	}
	defer free()
	head, err := a.programs.head.Call(params, pass.Last(), b.Targets)
	if err != nil {
		return nil, err
	}
	defer nn.Free(head...)
	gradient, err := pass.Gradient(ctx, head[3])
	if err != nil {
		return nil, err
	}
	if a.options.Variable == variablePicture {
		before := gradient
		gradient, err = a.programs.encodeGradient.Call1(params, v, before)
		nn.Free(before)
		if err != nil {
			return nil, err
		}
	}
	defer nn.Free(gradient)
	out, err := a.programs.update.Call(nil, v, start, gradient, float32(a.startWeight()), float32(a.options.Step), float32(*a.options.LambdaD))
	if err != nil {
		return nil, err
	}
	defer nn.Free(out[1:]...)
	loss, err := floats(head[2])
	if err != nil {
		return nil, err
	}
	s := State{Stage: "attack", Index: k, Total: a.options.Iterations, Loss: loss[0], Probability: likelihood(loss[0]), Latent: pass.Last(), Image: head[0],
		Details: map[string]*tensors.Tensor{"filtered": pass.Last(), "logits": head[1], "loss": head[2], "grad_class": out[1],
			"grad_dist": out[2], "grad": out[3], "z": out[0], "x": out[0]}}
	return out[0], watch.show(s)
}

// filterStart is where the filter begins: the variable's latent, noised to the level of the filter's first step.
func (a *ACE) filterStart(b *Batch, v *tensors.Tensor, k int) (*tensors.Tensor, error) {
	z := v
	if a.options.Variable == variablePicture {
		var err error
		if z, err = a.programs.encode.Call1(a.models.Params(), v); err != nil {
			return nil, err
		}
	}
	if len(a.steps) == 0 {
		return z, nil
	}
	if z != v {
		defer nn.Free(z)
	}
	return noised(a.programs.noise, b, z, a.steps[len(a.steps)-1], fmt.Sprintf("attack/%d/0", k))
}

// startWeight is how much of the clean latent the filter's start holds.
func (a *ACE) startWeight() float64 {
	if len(a.steps) == 0 {
		return 1
	}
	return math.Sqrt(a.steps[len(a.steps)-1].Alpha)
}

// likelihood turns cross entropies to the target's probabilities.
func likelihood(loss []float32) []float32 {
	out := make([]float32, len(loss))
	for i, l := range loss {
		out[i] = float32(math.Exp(-float64(l)))
	}
	return out
}

// stopped says in words how far a search was when the context ended.
func stopped(ctx context.Context, k, total int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped after %d of %d steps: %w", k, total, err)
	}
	return nil
}
