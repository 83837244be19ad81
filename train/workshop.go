package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
	"github.com/google/renameio/v2"

	"otherwise/classify"
	"otherwise/datasets"
	"otherwise/diffusion"
	"otherwise/nn"
	"otherwise/weights"
)

// Workshop fits the networks of a recipe, each into its own file of a folder.
type Workshop struct {
	Backend compute.Backend
	Recipe  Recipe
	Dir     string
	Data    *Pictures // training pictures
	Test    *Pictures // to judge fitted networks by; nil for none
	Options Options   // progress, checkpoint interval; sizes come from the recipe unless Steps is set
}

// Networks lists what Train takes, in an order in which each finds what it needs. The encoder is a world's.
func Networks() []string {
	return []string{"autoencoder", "classifier", "judge", "encoder", "diffusion"}
}

// record is what stands beside a trained network: how it was made.
type record struct {
	Steps   int                      `json:"steps"`
	Batch   int                      `json:"batch"`
	Seed    uint64                   `json:"seed"`
	Seconds float64                  `json:"seconds"`
	Loss    float64                  `json:"loss"`
	Latents *diffusion.Normalisation `json:"latents,omitempty"`
	Task    string                   `json:"task,omitempty"`    // a classifier's: what its classes
	Classes []string                 `json:"classes,omitempty"` // are about, and what they are
	Bias    []datasets.Bias          `json:"bias,omitempty"`
	// Accuracy is the share of test pictures told rightly, by factor ("class" where there is but that).
	Accuracy map[string]float64 `json:"test_accuracy,omitempty"`
	Encoder  *EncoderQuality    `json:"encoder,omitempty"`
}

// variant is how a classifier is called that was fitted to another task than the recipe's, or with a bias; empty for the
// recipe's own.
func (w *Workshop) variant() string {
	var words []string
	if task := w.Data.Task(); task != w.Recipe.Task {
		words = append(words, strings.ToLower(task))
	}
	if len(w.Recipe.Bias) > 0 {
		words = append(words, "biased")
	}
	return strings.Join(words, "-")
}

// variantPrefix stands before the variant in the names of a classifier's files.
const variantPrefix = "classifier-"

// Train fits one network, writes NAME.safetensors, NAME.json and NAME-loss.png into the folder, and keeps
// NAME.checkpoint there while it runs, from which a later call goes on. The name is the network's; that of a classifier of
// another task, or with a bias, is such as "classifier-young" or "classifier-biased".
func (w *Workshop) Train(ctx context.Context, network string) error {
	size, known := w.Recipe.Runs[network]
	if !known {
		return fmt.Errorf("no network %q in recipe %s; legal are %v", network, w.Recipe.Name, w.Recipe.Networks())
	}
	if w.Options.Steps > 0 {
		size.Steps = w.Options.Steps
	}
	name := network
	if v := w.variant(); network == "classifier" && v != "" {
		name = variantPrefix + v
	}
	task, norm, err := w.task(network, size)
	if err != nil {
		return err
	}
	task.Name = name
	opts := w.Options
	opts.Steps, opts.Rate, opts.EMA = size.Steps, size.Rate, size.EMA
	opts.Checkpoint = filepath.Join(w.Dir, name+".checkpoint")
	opts.Identity = fmt.Sprintf("%s/%s seed %d batch %d steps %d", w.Recipe.Name, name, w.Recipe.Seed, size.Batch, size.Steps)
	if size.Crop > 0 {
		opts.Identity += fmt.Sprintf(" crop %d", size.Crop)
	}
	if w.Data.Drawn() {
		opts.Identity += fmt.Sprintf(", %s, bias %+v", w.Recipe.Data, w.Recipe.Bias)
	}
	if name != network {
		opts.Identity += ", task " + w.Data.Task()
	}
	outcome, err := Run(ctx, w.Backend, task, opts)
	if err != nil {
		return err
	}
	r := record{Steps: size.Steps, Batch: size.Batch, Seed: w.Recipe.Seed, Seconds: outcome.Elapsed.Seconds(), Latents: norm,
		Bias: w.Recipe.Bias}
	if network == "classifier" {
		r.Task, r.Classes = w.Data.Task(), w.Data.Classes
	}
	if n := len(outcome.Losses); n > 0 {
		r.Loss = outcome.Losses[n-1].Loss
	}
	if err := w.finish(ctx, network, task.Params, outcome.Params, &r); err != nil {
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
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(w.Dir, name+".json"), append(raw, '\n'), 0o644)
}

// finish measures what a fitted network needs to know of its pictures, and notes how it does on test pictures.
func (w *Workshop) finish(ctx context.Context, name string, initial, params *nn.Params, r *record) error {
	var err error
	switch name {
	case "classifier":
		r.Accuracy, err = w.accuracies(ctx, w.Recipe.Classifier, params, []datasets.Factor{w.Data.class()})
	case "judge":
		r.Accuracy, err = w.accuracies(ctx, w.Recipe.Judge, params, w.Data.Factors())
	case "encoder":
		for _, p := range []*nn.Params{initial, params} {
			if err := setStatistics(ctx, w.Backend, w.Recipe.Encoder, p, w.Data.First(normPictures)); err != nil {
				return err
			}
		}
		if w.Test != nil {
			r.Encoder, err = judgeEncoder(ctx, w.Backend, w.Recipe.Encoder, params, initial, w.Test.First(judgedPictures))
		}
	}
	return err
}

func (w *Workshop) accuracies(ctx context.Context, net classify.ConvNet, params *nn.Params, factors []datasets.Factor) (map[string]float64, error) {
	if w.Test == nil {
		return nil, nil
	}
	return Accuracies(ctx, w.Backend, net, params, w.Test.First(judgedPictures), factors)
}

func (w *Workshop) file(name string) string { return filepath.Join(w.Dir, name+".safetensors") }

func (w *Workshop) task(name string, size RunSize) (Task, *diffusion.Normalisation, error) {
	r := w.Recipe
	var task Task
	var norm *diffusion.Normalisation
	var err error
	switch name {
	case "autoencoder":
		task, err = AutoencoderTask(w.Backend, r.Autoencoder, w.Data, size.Crop, size.Batch, r.Seed)
	case "classifier":
		task, err = ClassifierTask(w.Backend, r.Classifier, w.Data, r.ClassifierOptions, size.Batch, r.Seed)
	case "judge":
		task, err = JudgeTask(w.Backend, r.Judge, w.Data, r.JudgeOptions, size.Batch, r.Seed+1)
	case "encoder":
		task, err = EncoderTask(w.Backend, r.Encoder, w.Data, size.Batch, r.Seed+2)
	case "diffusion":
		task, norm, err = w.diffusionTask(size)
	}
	return task, norm, err
}

func (w *Workshop) diffusionTask(size RunSize) (Task, *diffusion.Normalisation, error) {
	r := w.Recipe
	params, err := w.load("autoencoder")
	if err != nil {
		return Task{}, nil, err
	}
	schedule, err := diffusion.NewSchedule(r.Schedule)
	if err != nil {
		return Task{}, nil, err
	}
	d := Diffusion{Net: r.UNet, Embedding: r.Embedding, Words: r.Words, Schedule: schedule, Prediction: r.Prediction}
	if w.Data.Drawn() {
		latents, err := EncodeAll(w.Backend, r.Autoencoder, params, w.Data.First(normPictures))
		if err != nil {
			return Task{}, nil, err
		}
		task, err := WorldDiffusionTask(w.Backend, d, r.Autoencoder, params, latents.Norm, w.Data, size.Batch, r.Seed)
		return task, &latents.Norm, err
	}
	latents, err := EncodeAll(w.Backend, r.Autoencoder, params, w.Data)
	if err != nil {
		return Task{}, nil, err
	}
	task, err := DiffusionTask(w.Backend, d, latents, size.Batch, r.Seed)
	return task, &latents.Norm, err
}

// normPictures is how many pictures of a world mean and deviation of latents and features are measured on.
const normPictures = 2000

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
