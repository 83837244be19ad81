package baselines

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/nn"
)

// Batch is what a search starts from: pictures of one size, what follows from them, and where its noise comes from.
type Batch struct {
	Picture *tensors.Tensor // [batch, height, width, channels] in [0, 1]
	Latent  *tensors.Tensor // [batch, latent height, latent width, latent channels]; nil for searches in picture space
	Null    *tensors.Tensor // condition tokens of "no class", [batch, tokens, width]; nil likewise
	Targets []int32
	Noise   Noise
}

// Noise gives a tensor of standard normal numbers by the name of its stream, such as "start" or "step/3".
type Noise func(stream string, dims []int) (*tensors.Tensor, error)

// State is one step of a search, as a [Watcher] sees it.
type State struct {
	Stage        string
	Index, Total int
	Only         *int            // the one picture of the batch that the step is of; nil: all
	Loss         []float32       // of each picture: what the search lowers
	Probability  []float32       // of each picture's target, where the step asked the classifier; else nil
	Latent       *tensors.Tensor // after the step; nil in picture space
	Image        *tensors.Tensor // the pictures that the step judged, nominally in [0, 1]
	// Details are what the step computed on the way: gradients, masks, estimates, by the names that the reference data has.
	Details map[string]*tensors.Tensor
}

// Watcher is shown every step of a search. The tensors of the state are freed afterwards. An error ends the search.
type Watcher func(State) error

// show calls the watcher, if there is one.
func (w Watcher) show(s State) error {
	if w == nil {
		return nil
	}
	return w(s)
}

// noise draws noise of the latents' shape.
func (b *Batch) noise(format string, args ...any) (*tensors.Tensor, error) {
	return b.Noise(fmt.Sprintf(format, args...), b.Latent.Shape().Dimensions)
}

// draws are noises that are freed together.
type draws struct {
	batch *Batch
	drawn []*tensors.Tensor
	err   error
}

// draw gives noise of the latents' shape; of an ancestral step at index 0 it is zero. What went wrong is in err.
func (d *draws) draw(index int, format string, args ...any) *tensors.Tensor {
	if d.err != nil {
		return nil
	}
	var t *tensors.Tensor
	if index == 0 {
		t = tensors.FromShape(d.batch.Latent.Shape())
	} else {
		t, d.err = d.batch.noise(format, args...)
	}
	d.drawn = append(d.drawn, t)
	return t
}

func (d *draws) free() { nn.Free(d.drawn...) }

// descend makes the unguided ancestral steps of index from, from-1, ... 0 from z. noise names the streams of the noise after
// each step, numbered from first in the order in which the steps are made. The pass and the noise live until free is called.
func descend(ctx context.Context, chain *nn.Chain, nets []*nn.Params, b *Batch, steps []diffusion.AncestralStep, z *tensors.Tensor,
	noise string, first int) (pass *nn.Pass, free func(), err error) {
	d := &draws{batch: b}
	noises := make([]*tensors.Tensor, len(steps))
	for i := range steps {
		noises[i] = d.draw(len(steps)-1-i, "%s/%d", noise, first+i)
	}
	if d.err != nil {
		d.free()
		return nil, nil, d.err
	}
	pass, err = chain.Run(ctx, nets, z, len(steps), func(i int) []any {
		return append([]any{noises[i], b.Null}, steps[len(steps)-1-i].Args()...)
	})
	if err != nil {
		d.free()
		return nil, nil, err
	}
	return pass, func() { pass.Free(); d.free() }, nil
}
