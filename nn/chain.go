package nn

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Chain is one map made many times in a row, z <- step(z, ...), as denoising is, with a gradient. It is differentiated step by
// step, and each step is computed again for its gradient (gradient checkpointing): memory and compile time are those of one
// step, however many are made.
type Chain struct {
	step, back *Program
}

// NewChain names a step: a graph function of the state, which is its first argument and whose shape it keeps, and whatever
// else it takes.
func NewChain(backend compute.Backend, name string, step func(nets []Scope, args []*Node) *Node) *Chain {
	return &Chain{
		step: NewProgram(backend, name, func(nets []Scope, args []*Node) []*Node { return []*Node{step(nets, args)} }),
		back: NewProgram(backend, name+" gradient", func(nets []Scope, args []*Node) []*Node {
			last := len(args) - 1
			return Gradient(ReduceAllSum(Mul(step(nets, args[:last]), args[last])), args[0])
		}),
	}
}

// Step makes one step from state z.
func (c *Chain) Step(nets []*Params, z *tensors.Tensor, args ...any) (*tensors.Tensor, error) {
	return c.step.Call1(nets, append([]any{z}, args...)...)
}

// StepGradient takes the gradient by a step's result to the gradient by its state z.
func (c *Chain) StepGradient(nets []*Params, gradient, z *tensors.Tensor, args ...any) (*tensors.Tensor, error) {
	return c.back.Call1(nets, append(append([]any{z}, args...), gradient)...)
}

// Pass is a chain's way from one state to the last: States[0] is where it began, States[i+1] is the state after step i. The
// states stay on the device until [Pass.Free].
type Pass struct {
	States []*tensors.Tensor

	chain *Chain
	nets  []*Params
	args  func(i int) []any
}

// Run makes the given number of steps from z. args gives the arguments of step i beside the state. The context ends it between
// two steps, with the context's error.
func (c *Chain) Run(ctx context.Context, nets []*Params, z *tensors.Tensor, steps int, args func(i int) []any) (*Pass, error) {
	p := &Pass{States: []*tensors.Tensor{z}, chain: c, nets: nets, args: args}
	for i := range steps {
		err := ctx.Err()
		if err == nil {
			z, err = c.Step(nets, z, args(i)...)
		}
		if err != nil {
			p.Free()
			return nil, fmt.Errorf("step %d of %d: %w", i+1, steps, err)
		}
		p.States = append(p.States, z)
	}
	return p, nil
}

// Last is the state after the last step.
func (p *Pass) Last() *tensors.Tensor { return p.States[len(p.States)-1] }

// Gradient takes the gradient by the last state to the gradient by the first. The context ends it as it ends [Chain.Run].
func (p *Pass) Gradient(ctx context.Context, gradient *tensors.Tensor) (*tensors.Tensor, error) {
	steps := len(p.States) - 1
	for i := steps - 1; i >= 0; i-- {
		err := ctx.Err()
		var before *tensors.Tensor
		if err == nil {
			before, err = p.chain.StepGradient(p.nets, gradient, p.States[i], p.args(i)...)
		}
		if i < steps-1 { // the caller's own gradient stays
			Free(gradient)
		}
		if err != nil {
			return nil, fmt.Errorf("gradient of step %d of %d: %w", i+1, steps, err)
		}
		gradient = before
	}
	return gradient, nil
}

// Free gives the states that the pass has made back to the device; the first, which the caller brought, stays.
func (p *Pass) Free() {
	Free(p.States[1:]...)
	p.States = p.States[:1]
}

// Free gives tensors' memory back at once: the garbage collector, which doesn't see a device's memory, comes too late.
func Free(ts ...*tensors.Tensor) {
	for _, t := range ts {
		if t != nil {
			_ = t.FinalizeAll() // fails only for what is already freed
		}
	}
}
