package bundle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"otherwise/counterfactual"
	"otherwise/datasets/picture"
	"otherwise/diffusion"
	"otherwise/diffusion/published"
	"otherwise/kernel"
	"otherwise/nn"
)

// build makes a bundle of the files that a recipe names. folder is where its relative paths begin.
func (r *Recipe) build(backend compute.Backend, text []byte, folder string, finder *Finder) (*Bundle, error) {
	classes, err := r.Classes.read(folder)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Name: r.Name, Description: r.Description, Hash: hashed(text), Classes: classes.names,
		Frame: r.frame(), Provenance: r.provenance()}
	if b.methods, err = r.options(); err != nil {
		return nil, err
	}
	model, err := r.Diffusion.load(backend, finder, classes.spoken, b.Frame)
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	b.Models = counterfactual.Models{Backend: backend, Diffusion: model}
	if b.Models.Classifier, err = r.Classifier.load(backend, finder, classes); err != nil {
		return nil, fmt.Errorf("%s: %w", NetClassifier, err)
	}
	for _, lora := range r.Diffusion.LoRA {
		path, err := finder.Find(lora.Part)
		if err != nil {
			return nil, fmt.Errorf("diffusion.lora: %w", err)
		}
		if err := b.AddLoRA(path, *cmp.Or(lora.Scale, new(1.0))); err != nil {
			return nil, err
		}
	}
	if r.Judge != nil {
		if b.Judge, err = r.Judge.load(backend, finder, classes); err != nil {
			return nil, fmt.Errorf("%s: %w", NetJudge, err)
		}
	}
	return b, nil
}

func hashed(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// provenance says where a recipe's parts come from.
func (r *Recipe) provenance() map[string]string {
	all := map[string]string{}
	for name, p := range r.Parts() {
		all[name] = p.Weights
		if p.Licence != "" {
			all[name] += ", " + p.Licence
		}
	}
	return all
}

// load reads a diffusion model's files. spoken are the classes as prompts say them, frame is the form of the pictures.
func (p *DiffusionPart) load(backend compute.Backend, finder *Finder, spoken []string, frame picture.Frame) (*diffusion.Model, error) {
	m, err := p.open(finder)
	if err != nil {
		return nil, err
	}
	if m.Classes != nil && m.Classes.Classes != len(spoken) {
		return nil, fmt.Errorf("the model knows %d classes, the bundle names %d", m.Classes.Classes, len(spoken))
	}
	if f := m.Autoencoder.Factor() << (len(m.UNet.BlockOutChannels) - 1); frame.Width%f != 0 || frame.Height%f != 0 {
		return nil, fmt.Errorf("pictures of %dx%d pixels: both sides must be multiples of %d, which autoencoder and U-Net make one of",
			frame.Width, frame.Height, f)
	}
	precision, err := nn.ParsePrecision(p.Precision)
	if err != nil {
		return nil, err
	}
	schedule, err := diffusion.NewSchedule(m.Scheduler.ScheduleConfig)
	if err != nil {
		return nil, err
	}
	denoiser, err := diffusion.Predicting(m.UNet, m.Scheduler.PredictionType, schedule)
	if err != nil {
		return nil, err
	}
	out := &diffusion.Model{Denoiser: diffusion.DenoiserIn(denoiser, precision), Autoencoder: diffusion.AutoencoderIn(m.Autoencoder, precision),
		Latents: m.Latents, Schedule: schedule}
	load := nn.LoadOptions{Backend: backend, Precision: precision}
	if out.DenoiserParams, err = keptWeights(backend, m.UNetWeights, load); err != nil {
		return nil, err
	}
	if out.AutoencoderParams, err = keptWeights(backend, m.AutoencoderWeights, load); err != nil {
		return nil, err
	}
	condition, err := keptWeights(backend, m.ConditionWeights, nn.LoadOptions{Backend: backend})
	if err != nil {
		return nil, err
	}
	prompts := diffusion.Prompts{Classes: spoken, Template: p.Prompt, Nothing: p.Unconditional}
	out.Conditioner, err = m.Conditioner(backend, condition, prompts)
	return out, err
}

// open reads the configurations of a model's files.
func (p *DiffusionPart) open(finder *Finder) (*published.Model, error) {
	path, err := finder.find(p.Part, diffusersModel)
	if err != nil {
		return nil, err
	}
	var o published.Options
	if p.Config != "" {
		if o.Config, err = finder.Find(Part{Weights: p.Config, From: p.From}); err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
	}
	if p.Tokenizer != nil {
		if o.Tokenizer, err = finder.find(*p.Tokenizer, clipTokenizer); err != nil {
			return nil, fmt.Errorf("tokenizer: %w", err)
		}
	}
	if p.Autoencoder != nil {
		if o.Autoencoder, err = finder.find(*p.Autoencoder, diffusersAutoencoder); err != nil {
			return nil, fmt.Errorf("autoencoder: %w", err)
		}
	}
	return published.Open(path, o)
}

// keptWeights reads a network's parameters, on an engine once.
func keptWeights(backend compute.Backend, w published.Weights, o nn.LoadOptions) (*nn.Params, error) {
	id, err := w.Identity()
	if err != nil {
		return nil, err
	}
	return kept(backend, id, o.Precision, func() (*nn.Params, error) { return w.Load(backend, o) })
}

// kept gives the parameters of an identity in a precision: an engine's, where it has them, else those that load gives.
func kept(backend compute.Backend, identity string, precision dtypes.DType, load func() (*nn.Params, error)) (*nn.Params, error) {
	values, err := kernel.Once(backend, fmt.Sprintf("weights %.12s %s", identity, precision), func() (kernel.Tensors, error) {
		p, err := load()
		if err != nil {
			return nil, err
		}
		return p.Tensors(), nil
	})
	if err != nil {
		return nil, err
	}
	return nn.ParamsOf(values), nil
}
