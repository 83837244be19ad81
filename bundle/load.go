package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute"

	"otherwise/classify"
	"otherwise/counterfactual"
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
)

// Names of the networks of a bundle.
const (
	NetAutoencoder = "autoencoder"
	NetDenoiser    = "denoiser"
	NetClassifier  = "classifier"
	NetJudge       = "judge"
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
}

func (b *Bundle) load(backend compute.Backend, stored *weights.Bundle) error {
	model, err := b.loadDiffusion(backend, stored)
	if err != nil {
		return err
	}
	classifier, err := b.loadClassifier(backend, stored, NetClassifier)
	if err != nil {
		return err
	}
	b.Models = counterfactual.Models{Backend: backend, Classifier: classifier, Diffusion: model}
	if _, has := stored.Networks[NetJudge]; has {
		if b.Judge, err = b.loadClassifier(backend, stored, NetJudge); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bundle) loadDiffusion(backend compute.Backend, stored *weights.Bundle) (*diffusion.Model, error) {
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
		prompts := diffusion.Prompts{Classes: stored.Classes, Template: c.Prompt}
		if conditioner, err = c.Words.Bind(backend, denoiserParams, prompts); err != nil {
			return nil, err
		}
	}
	return &diffusion.Model{Denoiser: denoiser, DenoiserParams: denoiserParams, Autoencoder: autoencoder,
		AutoencoderParams: autoencoderParams, Conditioner: conditioner,
		Latents: c.Latents, Schedule: schedule}, nil
}

func (b *Bundle) loadClassifier(backend compute.Backend, stored *weights.Bundle, name string) (*classify.Classifier, error) {
	var c ClassifierConfig
	params, err := b.loadNetwork(backend, stored, name, ArchClassifier, &c)
	if err != nil {
		return nil, err
	}
	if err := c.Network.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if c.Network.Classes != len(stored.Classes) {
		return nil, fmt.Errorf("%s tells %d classes apart, the bundle names %d", name, c.Network.Classes, len(stored.Classes))
	}
	return &classify.Classifier{Network: c.Network, Params: params, Classes: stored.Classes, CAMLayer: c.CAMLayer}, nil
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
