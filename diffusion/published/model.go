package published

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion"
	"otherwise/diffusion/tokenize"
	"otherwise/nn"
)

// Model is a published latent diffusion model: its configurations, and where its weights are.
type Model struct {
	UNet        diffusion.UNet
	UNetWeights Weights

	Autoencoder        diffusion.Autoencoder // AutoencoderKL, VQ or AutoencoderTiny
	AutoencoderWeights Weights
	Latents            diffusion.Normalisation

	// What the model is conditional on: texts, then Text and Tokenizer are set, or classes, then Classes is. Tokenizer is nil
	// where none is published beside the weights; see [Options].
	Text             *diffusion.TextEncoder
	Tokenizer        *tokenize.CLIP
	Classes          *diffusion.ClassEmbedding
	ConditionWeights Weights

	Scheduler diffusion.SchedulerConfig
}

// Options add to a published model what its files lack.
type Options struct {
	// Config is the YAML file of a CompVis checkpoint. Without it the checkpoint is taken for one of Stable Diffusion 1.
	Config string
	// TextConfig is the config.json of the text encoder in a CompVis checkpoint, which has none; that of Stable Diffusion 1's
	// where it isn't given.
	TextConfig string
	// Tokenizer is a folder with CLIP's vocabulary; needed for the prompts of a CompVis checkpoint.
	Tokenizer string
	// Autoencoder is a folder with the config.json and the weights of an autoencoder that takes the place of the model's own, for
	// example a fine-tuned or a tiny one.
	Autoencoder string
}

// Open reads the configurations of a published model: a folder as diffusers writes it, or a file as CompVis does.
func Open(path string, o Options) (*Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("published model: %w", err)
	}
	var m *Model
	if info.IsDir() {
		m, err = openDiffusers(path)
	} else {
		m, err = openCompVis(path, o)
	}
	if err == nil && o.Autoencoder != "" {
		m.Autoencoder, m.Latents, m.AutoencoderWeights, err = OpenAutoencoder(o.Autoencoder)
	}
	if err == nil && o.Tokenizer != "" {
		m.Tokenizer, err = tokenize.Open(os.DirFS(o.Tokenizer))
	}
	if err == nil {
		err = m.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("published model %s: %w", path, err)
	}
	return m, nil
}

// validate checks that the parts fit each other.
func (m *Model) validate() error {
	if z, u := m.Autoencoder.Channels(), m.UNet.InChannels; z != u || u != m.UNet.OutChannels {
		return fmt.Errorf("the autoencoder's latents have %d channels, the U-Net takes %d and gives %d", z, u, m.UNet.OutChannels)
	}
	width := m.UNet.CrossAttentionDim
	if m.Text != nil && m.Text.HiddenSize != width || m.Classes != nil && m.Classes.Width != width {
		return fmt.Errorf("the condition's tokens don't have the U-Net's cross_attention_dim, %d", width)
	}
	return nil
}

// Load reads all weights and makes a model that runs. prompts belong to a model of texts; one of classes ignores them.
func (m *Model) Load(backend compute.Backend, o nn.LoadOptions, prompts diffusion.Prompts) (*diffusion.Model, error) {
	schedule, err := diffusion.NewSchedule(m.Scheduler.ScheduleConfig)
	if err != nil {
		return nil, err
	}
	denoiser, err := diffusion.Predicting(m.UNet, m.Scheduler.PredictionType, schedule)
	if err != nil {
		return nil, err
	}
	out := &diffusion.Model{Denoiser: denoiser, Autoencoder: m.Autoencoder, Latents: m.Latents, Schedule: schedule}
	if out.DenoiserParams, err = m.UNetWeights.Load(backend, o); err != nil {
		return nil, err
	}
	if out.AutoencoderParams, err = m.AutoencoderWeights.Load(backend, o); err != nil {
		return nil, err
	}
	condition, err := m.ConditionWeights.Load(backend, o)
	if err != nil {
		return nil, err
	}
	out.Conditioner, err = m.Conditioner(backend, condition, prompts)
	return out, err
}

// Conditioner makes the model's conditioner of its parameters, those of ConditionWeights.
func (m *Model) Conditioner(backend compute.Backend, params *nn.Params, prompts diffusion.Prompts) (diffusion.Conditioner, error) {
	if m.Classes != nil {
		return m.Classes.Bind(backend, params), nil
	}
	if m.Tokenizer == nil {
		return nil, fmt.Errorf("the model reads texts, and its files have no tokenizer: name a folder with CLIP's vocab.json and merges.txt")
	}
	return m.Text.Bind(backend, params, m.Tokenizer, prompts), nil
}

// describing makes the function that lists the parameters of a network, by building it on small inputs.
func describing(build func(s nn.Scope, a []*Node), inputs ...shapes.Shape) func(compute.Backend) (map[string][]int, error) {
	return func(backend compute.Backend) (map[string][]int, error) { return nn.Shapes(backend, build, inputs...) }
}

func unetWeights(u diffusion.UNet, path string, names func(string) (string, bool)) Weights {
	side := 1 << (len(u.BlockOutChannels) - 1)
	return Weights{what: "U-Net", path: path, names: names, config: configText(u), shapes: describing(
		func(s nn.Scope, a []*Node) { u.Eps(s, a[0], a[1], a[2]) }, shapes.Make(dtypes.Float32, 1, side, side, u.InChannels),
		shapes.Make(dtypes.Int32, 1), shapes.Make(dtypes.Float32, 1, 1, u.CrossAttentionDim))}
}

func autoencoderWeights(a diffusion.Autoencoder, pictureChannels int, path string, names func(string) (string, bool)) Weights {
	side := a.Factor()
	return Weights{what: "autoencoder", path: path, names: names, config: configText(a), shapes: describing(
		func(s nn.Scope, n []*Node) {
			z, _ := a.Encode(s, n[0])
			a.Decode(s, z)
		}, shapes.Make(dtypes.Float32, 1, side, side, pictureChannels))}
}

func textWeights(e diffusion.TextEncoder, path string, names func(string) (string, bool)) Weights {
	return Weights{what: "text encoder", path: path, names: names, config: configText(e), shapes: describing(
		func(s nn.Scope, a []*Node) { e.Encode(s, a[0]) }, shapes.Make(dtypes.Int32, 1, e.Positions))}
}

func classWeights(c diffusion.ClassEmbedding, path string, names func(string) (string, bool)) Weights {
	return Weights{what: "class embedding", path: path, names: names, config: configText(c), shapes: describing(
		func(s nn.Scope, a []*Node) { c.Embed(s, a[0]) }, shapes.Make(dtypes.Int32, 1))}
}

// configText tells a configuration from others.
func configText(config any) string { return fmt.Sprintf("%T%+v", config, config) }

// readConfig reads a configuration file of at most a megabyte.
func readConfig(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	const limit = 1 << 20
	raw, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && len(raw) > limit {
		err = fmt.Errorf("%s has more than %d bytes; it is no configuration", path, limit)
	}
	return raw, err
}

// className is the class that a configuration of diffusers is for, or fallback where it doesn't say.
func className(raw []byte, fallback string) (string, error) {
	var c struct {
		Class string `json:"_class_name"`
	}
	err := json.Unmarshal(raw, &c)
	return cmp.Or(c.Class, fallback), err
}

// OpenAutoencoder reads the config.json of an autoencoder's folder as diffusers writes it: AutoencoderKL, VQModel or
// AutoencoderTiny. The weights lie beside it.
func OpenAutoencoder(dir string) (diffusion.Autoencoder, diffusion.Normalisation, Weights, error) {
	raw, err := readConfig(filepath.Join(dir, "config.json"))
	if err != nil {
		return nil, diffusion.Normalisation{}, Weights{}, fmt.Errorf("autoencoder: %w", err)
	}
	a, pictureChannels, err := parseAutoencoder(raw)
	if err != nil {
		return nil, diffusion.Normalisation{}, Weights{}, err
	}
	latents, err := parseLatents(raw, a)
	return a, latents, autoencoderWeights(a, pictureChannels, dir, diffusersAutoencoder), err
}

func parseAutoencoder(raw []byte) (a diffusion.Autoencoder, pictureChannels int, err error) {
	class, err := className(raw, "AutoencoderKL")
	if err != nil {
		return nil, 0, fmt.Errorf("autoencoder configuration: %w", err)
	}
	switch class {
	case "AutoencoderKL":
		kl, err := diffusion.ParseAutoencoderKL(raw)
		return kl, kl.InChannels, err
	case "VQModel":
		vq, err := diffusion.ParseVQ(raw)
		return vq, vq.InChannels, err
	case "AutoencoderTiny":
		tiny, err := diffusion.ParseAutoencoderTiny(raw)
		return tiny, tiny.InChannels, err
	}
	return nil, 0, fmt.Errorf("autoencoder %s is not implemented; there are AutoencoderKL, VQModel and AutoencoderTiny", class)
}

// parseLatents reads the scale of latents. A tiny autoencoder's are the denoiser's own unless it says otherwise.
func parseLatents(raw []byte, a diffusion.Autoencoder) (diffusion.Normalisation, error) {
	if _, tiny := a.(diffusion.AutoencoderTiny); tiny {
		var c struct {
			ScalingFactor *float64 `json:"scaling_factor"`
		}
		if err := json.Unmarshal(raw, &c); err == nil && c.ScalingFactor == nil {
			return diffusion.ScaledLatents(a.Channels(), 1), nil
		}
	}
	return diffusion.ParseLatents(raw, a.Channels())
}
