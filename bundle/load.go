package bundle

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/diffusion"
	"otherwise/kernel"
	"otherwise/nn"
	"otherwise/weights"
)

// Architectures of the networks of a bundle.
const (
	ArchAutoencoder = "autoencoder-kl"
	ArchDenoiser    = "unet-2d-condition"
	ArchClassifier  = "convnet"
	ArchEncoder     = "convencoder"
	ArchLeak        = "signal-leak"
)

// Names of the networks of a bundle.
const (
	NetAutoencoder = "autoencoder"
	NetDenoiser    = "denoiser"
	NetClassifier  = weights.FirstClassifier
	NetJudge       = "judge"
	NetEncoder     = "encoder"
	NetLeak        = "signal_leak"
)

// DenoiserConfig is the configuration of the denoiser: U-Net, condition, schedule and the scale of its latents.
type DenoiserConfig struct {
	UNet      diffusion.UNet           `json:"unet"`
	Embedding diffusion.ClassEmbedding `json:"class_embedding"`
	// Words, where given, takes the place of the class embedding: the model is told what to draw in words, by default by
	// Prompt with the class's name; see [diffusion.Prompts].
	Words    *diffusion.WordEncoder   `json:"word_encoder,omitempty"`
	Prompt   string                   `json:"prompt,omitempty"`
	Schedule diffusion.ScheduleConfig `json:"scheduler"`
	// Prediction is what the U-Net estimates, named as in published schedulers; see [diffusion.Predicting].
	Prediction string                  `json:"prediction_type,omitempty"`
	Latents    diffusion.Normalisation `json:"latents"`
}

// ClassifierConfig is the configuration of a classifier and the layer that activation maps read.
type ClassifierConfig struct {
	Network  classify.ConvNet `json:"network"`
	CAMLayer string           `json:"cam_layer"`
	// Factors are a world's, where the network is a judge that tells all of them, its outputs side by side; else nil.
	Factors []datasets.Factor `json:"factors,omitempty"`
}

// load loads the networks, with the classifier that was chosen.
func (b *Bundle) load(backend compute.Backend, stored *weights.Bundle, c weights.Classifier) error {
	model, err := b.loadDiffusion(backend, stored, c.Prompt)
	if err != nil {
		return err
	}
	classifier, _, err := b.loadClassifier(backend, stored, c.Network)
	if err != nil {
		return err
	}
	b.Models = counterfactual.Models{Backend: backend, Classifier: classifier, Diffusion: model}
	if _, has := stored.Networks[NetJudge]; has {
		if b.Judge, b.Factors, err = b.loadClassifier(backend, stored, NetJudge); err != nil {
			return err
		}
	}
	if _, has := stored.Networks[NetEncoder]; has {
		if b.Encoder, err = b.loadEncoder(backend, stored); err != nil {
			return err
		}
	}
	return nil
}

// loadDiffusion loads the diffusion model; prompt is how a class is asked for in words, "" as the model's files say.
func (b *Bundle) loadDiffusion(backend compute.Backend, stored *weights.Bundle, prompt string) (*diffusion.Model, error) {
	var autoencoder diffusion.AutoencoderKL
	autoencoderParams, err := b.loadNetwork(backend, stored, NetAutoencoder, ArchAutoencoder, &autoencoder)
	if err != nil {
		return nil, err
	}
	if err := autoencoder.Validate(); err != nil {
		return nil, err
	}
	var c DenoiserConfig
	denoiserParams, err := b.loadNetwork(backend, stored, NetDenoiser, ArchDenoiser, &c)
	if err != nil {
		return nil, err
	}
	if err := c.UNet.Validate(); err != nil {
		return nil, err
	}
	if err := c.Latents.Validate(autoencoder.LatentChannels); err != nil {
		return nil, err
	}
	schedule, err := diffusion.NewSchedule(c.Schedule)
	if err != nil {
		return nil, err
	}
	denoiser, err := diffusion.Predicting(c.UNet, c.Prediction, schedule)
	if err != nil {
		return nil, err
	}
	conditioner := c.Embedding.Bind(backend, denoiserParams)
	if c.Words != nil {
		prompts := diffusion.Prompts{Classes: b.Classes, Template: cmp.Or(prompt, c.Prompt)}
		if conditioner, err = c.Words.Bind(backend, denoiserParams, prompts); err != nil {
			return nil, err
		}
	}
	model := &diffusion.Model{Denoiser: denoiser, DenoiserParams: denoiserParams, Autoencoder: autoencoder,
		AutoencoderParams: autoencoderParams, Conditioner: conditioner,
		Latents: c.Latents, Schedule: schedule}
	if _, has := stored.Networks[NetLeak]; has {
		model.Leak = new(diffusion.SignalLeak)
		if model.LeakParams, err = b.loadNetwork(backend, stored, NetLeak, ArchLeak, model.Leak); err != nil {
			return nil, err
		}
		if err := model.Leak.Validate(autoencoder.LatentChannels); err != nil {
			return nil, err
		}
	}
	return model, nil
}

// loadClassifier loads a classifier of the bundle's classes. Of a judge that tells factors it is the head of the bundle's task,
// and the factors are returned too.
func (b *Bundle) loadClassifier(backend compute.Backend, stored *weights.Bundle, name string) (*classify.Classifier, []datasets.Factor, error) {
	var c ClassifierConfig
	params, err := b.loadNetwork(backend, stored, name, ArchClassifier, &c)
	if err != nil {
		return nil, nil, err
	}
	if err := c.Network.Validate(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	classifier := &classify.Classifier{Network: c.Network, Params: params, Classes: b.Classes, CAMLayer: c.CAMLayer}
	outputs := c.Network.Classes
	if len(c.Factors) > 0 {
		head, err := headOf(c, b.Task)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		classifier.Network, outputs = head, head.To-head.From
	}
	if outputs != len(b.Classes) {
		return nil, nil, fmt.Errorf("%s tells %d classes apart, the bundle names %d", name, outputs, len(b.Classes))
	}
	return classifier, c.Factors, nil
}

// headOf finds the head that tells a task's factor.
func headOf(c ClassifierConfig, task string) (classify.HeadOf, error) {
	if n := datasets.Outputs(c.Factors); n != c.Network.Classes {
		return classify.HeadOf{}, fmt.Errorf("%d outputs for factors of %d values", c.Network.Classes, n)
	}
	at, err := datasets.FactorNamed(task, c.Factors)
	if err != nil {
		return classify.HeadOf{}, err
	}
	from := datasets.Outputs(c.Factors[:at])
	return classify.HeadOf{ConvNet: c.Network, From: from, To: from + len(c.Factors[at].Values)}, nil
}

// loadNetwork reads a network's parameters and its configuration, in which unknown fields are errors. On an engine the
// parameters are read once: there they are kept under the hash of the bundle.
func (b *Bundle) loadNetwork(backend compute.Backend, stored *weights.Bundle, name, architecture string, config any) (*nn.Params, error) {
	arch, raw, file, err := stored.Network(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if arch != architecture {
		return nil, fmt.Errorf("%s has architecture %q; known is %q", name, arch, architecture)
	}
	if err := strict(raw, config); err != nil {
		return nil, fmt.Errorf("configuration of %s: %w", name, err)
	}
	values, err := kernel.Once(backend, fmt.Sprintf("bundle %s %s/%s", b.Name, b.Hash[:12], name), func() (kernel.Tensors, error) {
		params, err := nn.LoadParams(file)
		if err != nil {
			return nil, err
		}
		return params.Tensors(), nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return nn.ParamsOf(values), nil
}

// strict decodes JSON into a value; a field that the value doesn't have is an error.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
