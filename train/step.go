package train

import (
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// clipByGlobalNorm scales all gradients down together where their joint L2 norm exceeds limit.
func clipByGlobalNorm(grads []*Node, limit float64) []*Node {
	total := ReduceAllSum(Square(grads[0]))
	for _, g := range grads[1:] {
		total = Add(total, ReduceAllSum(Square(g)))
	}
	norm := Sqrt(total)
	factor := Div(ConstAs(norm, limit), MaxScalar(norm, limit))
	out := make([]*Node, len(grads))
	for i, g := range grads {
		out[i] = Mul(g, factor)
	}
	return out
}

// positions of the networks that a training program binds
const (
	netParams = iota
	netM
	netV
	netEMA
	netFrozen // and following
)

// partner finds the value that belongs to a parameter in another network of the same shapes.
func partner(s nn.Scope, name string, like *Node) *Node {
	return s.Param(name, nn.Constant(0), like.Shape().Dimensions...)
}

// stepProgram is one step of Adam on a task's loss, and of the moving average.
type stepProgram struct {
	program *nn.Program
	trained []string // the parameters that the loss uses, known once the program was called
}

// newStepProgram builds the step. Arguments: learning rate, step counted from 1, then the batch. Results: the loss,
// then for each trained parameter its new value, moments and average.
func newStepProgram(backend compute.Backend, task Task, opts Options) *stepProgram {
	s := &stepProgram{}
	s.program = nn.NewProgram(backend, "train "+task.Name, func(nets []nn.Scope, args []*Node) []*Node {
		rate, step := args[0], args[1]
		loss := task.Loss(append([]nn.Scope{nets[netParams]}, nets[netFrozen:]...), args[2:])
		names, params := nets[netParams].Used()
		s.trained = names
		// the barrier keeps XLA from computing a gradient again for every value that is made of it
		grads := clipByGlobalNorm(OptimizationBarriers(Gradient(loss, params...)...), opts.Clip)
		// early on, a plain average forgets the initial values faster than a fixed decay
		decay := Min(ConstAs(step, max(0, opts.EMA)), Div(OnePlus(step), AddScalar(step, 10)))
		out := []*Node{loss}
		for i, p := range params {
			m, v := partner(nets[netM], names[i], p), partner(nets[netV], names[i], p)
			newP, newM, newV := opts.Adam.Update(p, grads[i], m, v, rate, step)
			average := partner(nets[netEMA], names[i], p)
			average = Add(Mul(decay, average), Mul(OneMinus(decay), newP))
			out = append(out, newP, newM, newV, average)
		}
		return out
	})
	return s
}
