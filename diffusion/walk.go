package diffusion

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Walker takes latents down the moves of any [Scheduler], with one compiled program. It is safe for concurrent use.
type Walker struct{ move *nn.Program }

// NewWalker makes a walker on a backend.
func NewWalker(backend compute.Backend) *Walker {
	return &Walker{move: nn.NewProgram(backend, "scheduler's move", func(_ []nn.Scope, a []*Node) []*Node {
		next, x0 := moveNode(a[0], a[1], a[2:4], a[4:8])
		return []*Node{next, x0}
	})}
}

// Walk are the functions that a walk calls.
type Walk struct {
	// Estimate returns the denoiser's noise estimate, of z's shape, at latents z and timestep t. It belongs to the walk.
	Estimate func(z *tensors.Tensor, t int) (*tensors.Tensor, error)
	// Noise returns the standard normal noise, of z's shape, that the given move adds. It is called for moves that add
	// noise only.
	Noise func(move int) *tensors.Tensor
	// Each, unless nil, is shown the latents behind each move and the clean latents that its estimate implies. Both are
	// valid during the call only.
	Each func(move int, next, x0 *tensors.Tensor) error
}

// Walk makes all moves from latents z, which stay the caller's, and returns the latents behind the last. It stops
// within one move when the context is done.
func (w *Walker) Walk(ctx context.Context, moves []Move, z *tensors.Tensor, f Walk) (*tensors.Tensor, error) {
	state := walkState{current: z, start: z}
	defer state.free()
	for i, m := range moves {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("stopped with %d of %d denoising steps left: %w", len(moves)-i, len(moves), err)
		}
		eps, err := f.Estimate(state.current, m.T)
		if err != nil {
			return nil, err
		}
		state.remember(eps)
		next, err := w.makeMove(i, m, &state, f)
		if err != nil {
			return nil, err
		}
		if m.Lookahead {
			state.forget()
		}
		state.advance(next)
	}
	out := state.current
	state.current = nil
	return out, nil
}

func (w *Walker) makeMove(i int, m Move, state *walkState, f Walk) (*tensors.Tensor, error) {
	noise := state.current // stands in where the coefficient is 0
	if m.Noise != 0 {
		if f.Noise == nil {
			return nil, fmt.Errorf("the scheduler adds noise in denoising step %d, and none is given", i)
		}
		noise = f.Noise(i)
		defer nn.Free(noise)
	}
	args := []any{m.coefficients(), noise, state.current, state.orCurrent(state.before)}
	for k := range m.Estimates {
		args = append(args, state.estimate(k))
	}
	out, err := w.move.Call(nil, args...)
	if err != nil {
		return nil, err
	}
	defer nn.Free(out[1])
	if f.Each != nil {
		if err := f.Each(i, out[0], out[1]); err != nil {
			nn.Free(out[0])
			return nil, err
		}
	}
	return out[0], nil
}

// walkState is what a walk remembers: the latents, those before them, and the last noise estimates, newest first.
type walkState struct {
	start, current, before *tensors.Tensor
	estimates              []*tensors.Tensor
}

func (s *walkState) remember(eps *tensors.Tensor) {
	s.estimates = append([]*tensors.Tensor{eps}, s.estimates...)
	if kept := len(Move{}.Estimates); len(s.estimates) > kept {
		nn.Free(s.estimates[kept:]...)
		s.estimates = s.estimates[:kept]
	}
}

func (s *walkState) forget() {
	nn.Free(s.estimates[0])
	s.estimates = s.estimates[1:]
}

func (s *walkState) advance(next *tensors.Tensor) {
	s.release(s.before)
	s.before, s.current = s.current, next
}

// estimate is the k-th last one, or a stand-in where there are not so many.
func (s *walkState) estimate(k int) *tensors.Tensor {
	if k < len(s.estimates) {
		return s.estimates[k]
	}
	return s.current
}

func (s *walkState) orCurrent(t *tensors.Tensor) *tensors.Tensor {
	if t == nil {
		return s.current
	}
	return t
}

// release frees latents that the walk made.
func (s *walkState) release(t *tensors.Tensor) {
	if t != s.start {
		nn.Free(t)
	}
}

func (s *walkState) free() {
	s.release(s.before)
	s.release(s.current)
	nn.Free(s.estimates...)
}
