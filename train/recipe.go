package train

import (
	"encoding/json"
	"fmt"
	"slices"

	"otherwise/classify"
	"otherwise/datasets"
	"otherwise/datasets/fashion"
	"otherwise/datasets/picture"
	"otherwise/diffusion"
)

// Recipe is everything that decides what the networks of a bundle become: their shapes and how long each is fitted.
type Recipe struct {
	Name        string
	Description string
	Classes     []string
	Frame       picture.Frame
	Seed        uint64
	// Data says in words what the networks are fitted to.
	Data     string
	Schedule diffusion.ScheduleConfig
	// Prediction is what the U-Net estimates; see [Diffusion].
	Prediction  string
	Autoencoder diffusion.AutoencoderKL
	UNet        diffusion.UNet
	Embedding   diffusion.ClassEmbedding
	// Words and Prompt make the diffusion model text-conditional; see [Diffusion] and [bundle.DenoiserConfig].
	Words  *diffusion.WordEncoder
	Prompt string
	// Task names the factor that Classes are the values of, and PromptOf how the classes of another are asked for; both of
	// worlds only.
	Task     string
	PromptOf func(task string) string
	// Classifier is the one explained; Judge is fitted apart from it, on other terms and another seed, and confirms
	// that a counterfactual shows its class to more than one pair of eyes. In a world it tells every factor, its outputs side
	// by side; Factors are they, nil for the class alone.
	Classifier, Judge               classify.ConvNet
	ClassifierOptions, JudgeOptions ClassifierOptions
	Factors                         []datasets.Factor
	// Encoder gives features to compare pictures by; fitted where Runs has it.
	Encoder classify.ConvEncoder

	// Bias is what was planted in the training pictures of a world.
	Bias []datasets.Bias
	Runs map[string]RunSize
	// Methods are the options, JSON, with which the methods work best on this bundle, chosen on training pictures; under "eced/Young" are
	// what a task wants otherwise.
	Methods map[string]json.RawMessage
}

// RunSize is how long a network is fitted and on how many pictures at a time.
type RunSize struct {
	Steps, Batch int
	Rate, EMA    float64
	Crop         int // side of the squares that the autoencoder sees; 0 is whole pictures
}

// Networks lists the networks of the recipe, those of [Networks] that it has a run of.
func (r Recipe) Networks() []string {
	return slices.DeleteFunc(Networks(), func(name string) bool {
		_, has := r.Runs[name]
		return !has
	})
}

// Recipes lists the names that [RecipeOf] takes.
func Recipes() []string { return []string{"fashion", "savanna", "faces"} }

// RecipeOf is the recipe for a data set.
func RecipeOf(dataset string) (Recipe, error) {
	switch dataset {
	case "fashion":
		return Fashion(), nil
	case "savanna":
		return Savanna(), nil
	case "faces":
		return Faces(), nil
	}
	return Recipe{}, fmt.Errorf("no recipe for the data set %q; legal are %q", dataset, Recipes())
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
		Data:        "Fashion-MNIST training pictures (Xiao, Rasul and Vollgraf, 2017; MIT licence)",
		Frame:       picture.Frame{Width: 32, Height: 32, Channels: 1, Margin: 2, Fit: picture.Contain},
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

			"ace":        json.RawMessage(`{"iterations": 25, "step": 0.08, "lambda_d": 0.001, "threshold": 0}`),
			"bld":        json.RawMessage(`{"foreground_share": 0.7}`),
			"dime":       json.RawMessage(`{"steps": 25, "tau": 10, "lambda_c": [20, 40, 80]}`),
			"dvce":       json.RawMessage(`{"steps": 50, "strength": 0.6, "lambda_c": 1.5, "lambda_d": 0.3}`),
			"fastdime":   json.RawMessage(`{"steps": 50, "tau": 30, "warmup": 15}`),
			"latent-pgd": json.RawMessage(`{"step": 0.03}`),
			"maskdime":   json.RawMessage(`{"steps": 50, "tau": 30, "lambda_c": [20, 40, 80], "scale": 1, "outer_share": 0.4}`),
		},
	}
}
