package train

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/nn"
)

// FineTune are the settings by which a diffusion model's U-Net goes on learning. Zero values take the defaults named.
type FineTune struct {
	// Rank, above 0, fits a low-rank adapter of the attention projections instead of all weights of the U-Net; Alpha is its
	// alpha, the rank where it is 0.
	Rank  int
	Alpha float64
	Batch int // pictures a step; 8
	// Dropout is the share of pictures that are shown without their class or caption, [ConditionDropout]; negative for none.
	Dropout float64
	Seed    uint64
}

func (o *FineTune) defaults() {
	o.Batch = cmp.Or(o.Batch, 8)
	o.Dropout = max(0, cmp.Or(o.Dropout, ConditionDropout))
}

// Captions makes condition tokens [texts, tokens, width] of any texts; see [diffusion.TextConditioner.Encode].
type Captions interface {
	Encode(texts []string) (*tensors.Tensor, []diffusion.Truncation, error)
}

// FineTuneTask fits the U-Net of a diffusion model, or an adapter of it, to pictures: the mean squared error of what it estimates
// (noise or velocity, as it was trained), at all levels of the model's schedule; scenes that are drawn anew are shown twice in a step, where
// the batch is even. Autoencoder and condition stay as they are. classes are
// the model's classes of the pictures' labels; nil: the pictures' captions are shown, which takes a model of texts. lora is the adapter that
// the task fits, nil where it fits all weights.
// Source: Ho et al., 2020, Eq. 14; ECED's supplement for CelebA-HQ.
func FineTuneTask(backend compute.Backend, model *diffusion.Model, data *Pictures, classes []int, o FineTune) (task Task, lora *diffusion.LoRA, err error) {
	o.defaults()
	network, prediction := diffusion.Trained(model.Denoiser)
	if _, is := network.(diffusion.UNet); !is {
		return Task{}, nil, errors.New("fine-tuning: the denoiser must be a U-Net in float32; open it in that precision")
	}
	each := 1
	if data.Drawn() && o.Batch%perScene == 0 {
		each = perScene
	}
	task = Task{Name: "diffusion", Params: model.DenoiserParams, Frozen: []*nn.Params{model.AutoencoderParams}}
	if o.Rank > 0 {
		if lora, err = diffusion.NewLoRA(model.DenoiserParams, o.Rank, o.Alpha, o.Seed); err != nil {
			return Task{}, nil, err
		}
		task.Params, task.Frozen = lora.Params, append(task.Frozen, model.DenoiserParams)
	}
	task.Loss = func(nets []nn.Scope, a []*Node) *Node {
		x, posterior, l, tokens := a[0], a[1], levels{t: a[2], alpha: a[3], noise: a[4]}, a[5]
		unet := nets[0]
		if lora != nil {
			unet = nets[2].Adapted(nets[0], lora.Rank, lora.Scale())
		}
		z := repeated(StopGradient(model.Encode(nets[1], diffusion.FromUnit(x), posterior)), each)
		return DiffusionLoss(network, unet, z, l.t, l.alpha, l.noise, tokens, diffusionTarget(prediction, z, l.noise, l.alpha))
	}
	conditions, err := newConditions(model, data, classes)
	if err != nil {
		return Task{}, nil, err
	}
	order, err := newEpochOrder(data.Len(), o.Batch/each, o.Seed, "fine-tuning")
	if err != nil {
		return Task{}, nil, err
	}
	latent, encoded := model.LatentDims(o.Batch, data.Height, data.Width), model.LatentDims(o.Batch/each, data.Height, data.Width)
	task.Batch = func(step int) ([]any, error) {
		numbers := order.at(step)
		x, _, err := data.Batch(numbers)
		if err != nil {
			return nil, err
		}
		pictures := tensors.FromFlatDataAndDimensions(x, len(numbers), data.Height, data.Width, data.Channels)
		numbers = slices.Repeat(numbers, each)
		rng := nn.Stream(o.Seed, fmt.Sprintf("fine-tuning/step/%d", step))
		t, alpha, dropped := drawLevels(rng, model.Schedule.AlphasCumprod, o.Batch, o.Dropout)
		tokens, err := conditions.tokens(numbers, dropped)
		if err != nil {
			return nil, err
		}
		return []any{pictures, gaussian(o.Seed, fmt.Sprintf("fine-tuning/posterior/%d", step), encoded...), t, alpha,
			gaussian(o.Seed, fmt.Sprintf("fine-tuning/noise/%d", step), latent...), tokens}, nil
	}
	return task, lora, nil
}

// conditions tell a model what is on the pictures that it is shown.
type conditions struct {
	model   *diffusion.Model
	data    *Pictures
	classes []int
}

func newConditions(model *diffusion.Model, data *Pictures, classes []int) (*conditions, error) {
	if classes == nil {
		if _, is := model.Conditioner.(Captions); !is {
			return nil, errors.New("fine-tuning by captions takes a model of texts; this one knows classes: lay the pictures out in a sub-folder for each")
		}
		return &conditions{model: model, data: data}, nil
	}
	for _, label := range data.Labels {
		if label < 0 || int(label) >= len(classes) {
			return nil, fmt.Errorf("fine-tuning: a picture of class %d; known are 0 to %d", label, len(classes)-1)
		}
	}
	return &conditions{model: model, data: data, classes: classes}, nil
}

// tokens are those of pictures by their numbers, or of nothing where that was dropped.
func (c *conditions) tokens(numbers []int, dropped []bool) (*tensors.Tensor, error) {
	if c.classes != nil {
		shown := make([]int, len(numbers))
		for b, i := range numbers {
			if shown[b] = c.classes[c.data.Labels[i]]; dropped[b] {
				shown[b] = diffusion.Unconditional
			}
		}
		return c.model.Conditioner.Tokens(shown)
	}
	texts := make([]string, len(numbers))
	for b, i := range numbers {
		if dropped[b] {
			continue // the empty text is what published models know as no condition
		}
		var err error
		if texts[b], err = c.data.Caption(i); err != nil {
			return nil, err
		}
	}
	tokens, _, err := c.model.Conditioner.(Captions).Encode(texts)
	return tokens, err
}
