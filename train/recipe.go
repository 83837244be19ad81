package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gomlx/compute"
	"github.com/google/renameio/v2"

	"otherwise/classify"
	"otherwise/datasets/fashion"
	"otherwise/datasets/picture"
	"otherwise/diffusion"
	"otherwise/nn"
	"otherwise/weights"
)

// Recipe is everything that decides what the networks of a bundle become: their shapes and how long each is fitted.
type Recipe struct {
	Name        string
	Description string
	Classes     []string
	Frame       picture.Frame
	Seed        uint64
	Schedule    diffusion.ScheduleConfig
	Autoencoder diffusion.AutoencoderKL
	UNet        diffusion.UNet
	Embedding   diffusion.ClassEmbedding
	// Classifier is the one explained; Judge is fitted apart from it, on other terms and another seed, and confirms
	// that a counterfactual shows its class to more than one pair of eyes.
	Classifier, Judge               classify.ConvNet
	ClassifierOptions, JudgeOptions ClassifierOptions

	Runs map[string]RunSize
	// Methods are the options, JSON, with which the methods work best on this bundle, chosen on training pictures.
	Methods map[string]json.RawMessage
}

// RunSize is how long a network is fitted and on how many pictures at a time.
type RunSize struct {
	Steps, Batch int
	Rate, EMA    float64
}

// Fashion is the recipe of the shipped Fashion-MNIST bundle. The 28x28 pictures stand in a 32x32 frame.
func Fashion() Recipe {
	convnet := classify.ConvNet{PatchSize: 2, Widths: []int{32, 64, 96}, Groups: 8, Classes: 10, Mean: 0.22, Std: 0.33}
	judge := convnet
	local := false
	judge.Widths = []int{24, 48, 72}
	return Recipe{
		Name:        "fashion",
		Classes:     new(fashion.Set).Classes(),
		Description: "Fashion-MNIST, 32x32 grey pictures with a black margin, ten kinds of clothing",
		Frame:       picture.Frame{Width: 32, Height: 32, Channels: 1, Margin: 2},
		Seed:        1,
		Schedule:    diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000},
		Autoencoder: diffusion.AutoencoderKL{InChannels: 1, OutChannels: 1, LatentChannels: 4,
			BlockOutChannels: []int{32, 64}, LayersPerBlock: 1, NormNumGroups: 8, PatchSize: 2, MidBlockAddAttention: &local},
		UNet: diffusion.UNet{InChannels: 4, OutChannels: 4, BlockOutChannels: []int{64, 80}, LayersPerBlock: 1,
			DownBlockTypes: []string{"DownBlock2D", "CrossAttnDownBlock2D"},
			UpBlockTypes:   []string{"CrossAttnUpBlock2D", "UpBlock2D"},
			AttentionHeads: diffusion.PerLevel{4}, CrossAttentionDim: 64, NormNumGroups: 16, NormEps: 1e-5},
		Embedding:         diffusion.ClassEmbedding{Classes: 10, Width: 64},
		Classifier:        convnet,
		ClassifierOptions: ClassifierOptions{Noise: 0.1, Shift: 1},
		Judge:             judge,
		JudgeOptions:      ClassifierOptions{Noise: 0.1, Shift: 1},
		Runs: map[string]RunSize{
			"autoencoder": {Steps: 1400, Batch: 64, Rate: 2e-3, EMA: 0.998},
			"classifier":  {Steps: 14000, Batch: 64, Rate: 3e-3, EMA: 0.998},
			"judge":       {Steps: 4000, Batch: 64, Rate: 3e-3, EMA: 0.998},
			"diffusion":   {Steps: 3200, Batch: 64, Rate: 1.5e-3, EMA: 0.999},
		},
		Methods: map[string]json.RawMessage{
			"ldce": json.RawMessage(`{"ddim_steps": 50, "strength": 0.6, "lambda_c": 4, "lambda_d": 0.6, "guidance_scale": 4}`),
			"eced": json.RawMessage(`{"foreground_share": 0.7, "background_steps": 80, "denoise_steps": 32, "iterations": 20, "rate": 0.2, "guidance_scale": 5, "stop_at": 0.95}`),
		},
	}
}

// Workshop fits the networks of a recipe, each into its own file of a folder.
type Workshop struct {
	Backend compute.Backend
	Recipe  Recipe
	Dir     string
	Data    *Pictures // training pictures
	Options Options   // progress, checkpoint interval; sizes come from the recipe unless Steps is set
}

// Networks lists what Train takes, in an order in which each finds what it needs.
func Networks() []string { return []string{"autoencoder", "classifier", "judge", "diffusion"} }

// record is what stands beside a trained network: how it was made.
type record struct {
	Steps   int                      `json:"steps"`
	Batch   int                      `json:"batch"`
	Seed    uint64                   `json:"seed"`
	Seconds float64                  `json:"seconds"`
	Loss    float64                  `json:"loss"`
	Latents *diffusion.Normalisation `json:"latents,omitempty"`
}

// Train fits one network, writes NAME.safetensors, NAME.json and NAME-loss.png into the folder, and keeps
// NAME.checkpoint there while it runs, from which a later call goes on.
func (w *Workshop) Train(ctx context.Context, name string) error {
	size, known := w.Recipe.Runs[name]
	if !known {
		return fmt.Errorf("no network %q in recipe %s; legal are %v", name, w.Recipe.Name, Networks())
	}
	if w.Options.Steps > 0 {
		size.Steps = w.Options.Steps
	}
	task, norm, err := w.task(name, size)
	if err != nil {
		return err
	}
	opts := w.Options
	opts.Steps, opts.Rate, opts.EMA = size.Steps, size.Rate, size.EMA
	opts.Checkpoint = filepath.Join(w.Dir, name+".checkpoint")
	opts.Identity = fmt.Sprintf("%s/%s seed %d batch %d steps %d", w.Recipe.Name, name, w.Recipe.Seed, size.Batch, size.Steps)
	outcome, err := Run(ctx, w.Backend, task, opts)
	if err != nil {
		return err
	}
	if err := PlotLoss(filepath.Join(w.Dir, name+"-loss.png"), name, outcome.Losses); err != nil {
		return err
	}
	exported, err := outcome.Params.Export(weights.F32)
	if err != nil {
		return err
	}
	if err := weights.Write(w.file(name), exported, nil); err != nil {
		return err
	}
	r := record{Steps: size.Steps, Batch: size.Batch, Seed: w.Recipe.Seed, Seconds: outcome.Elapsed.Seconds(), Latents: norm}
	if n := len(outcome.Losses); n > 0 {
		r.Loss = outcome.Losses[n-1].Loss
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(w.Dir, name+".json"), append(raw, '\n'), 0o644)
}

func (w *Workshop) file(name string) string { return filepath.Join(w.Dir, name+".safetensors") }

func (w *Workshop) task(name string, size RunSize) (Task, *diffusion.Normalisation, error) {
	r := w.Recipe
	var task Task
	var norm *diffusion.Normalisation
	var err error
	switch name {
	case "autoencoder":
		task, err = AutoencoderTask(w.Backend, r.Autoencoder, w.Data, size.Batch, r.Seed)
	case "classifier":
		task, err = ClassifierTask(w.Backend, r.Classifier, w.Data, r.ClassifierOptions, size.Batch, r.Seed)
	case "judge":
		task, err = ClassifierTask(w.Backend, r.Judge, w.Data, r.JudgeOptions, size.Batch, r.Seed+1)
	case "diffusion":
		task, norm, err = w.diffusionTask(size)
	}
	task.Name = name
	return task, norm, err
}

func (w *Workshop) diffusionTask(size RunSize) (Task, *diffusion.Normalisation, error) {
	r := w.Recipe
	params, err := w.load("autoencoder")
	if err != nil {
		return Task{}, nil, err
	}
	latents, err := EncodeAll(w.Backend, r.Autoencoder, params, w.Data)
	if err != nil {
		return Task{}, nil, err
	}
	schedule, err := diffusion.NewSchedule(r.Schedule)
	if err != nil {
		return Task{}, nil, err
	}
	task, err := DiffusionTask(w.Backend, r.UNet, r.Embedding, schedule, latents, size.Batch, r.Seed)
	return task, &latents.Norm, err
}

// load reads a network that an earlier Train wrote.
func (w *Workshop) load(name string) (*nn.Params, error) {
	file, err := weights.Open(w.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not trained yet in %s: run `otherwise train %s` first", name, w.Dir, name)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return nn.LoadParams(file)
}
