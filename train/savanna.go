package train

import (
	"encoding/json"

	"otherwise/classify"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/datasets/savanna"
	"otherwise/diffusion"
)

// Savanna is the recipe of the bundle of the procedural world of animals: 128x128 colour pictures, latents of 32x32x3,
// where the papers' angle of 45 degrees fits the number of channels. No scene is shown twice.
func Savanna() Recipe {
	set := new(savanna.Set)
	classes := set.Classes()
	convnet := classify.ConvNet{PatchSize: 2, Widths: []int{24, 48, 72, 96}, Groups: 8, Classes: len(classes), Mean: 0.62, Std: 0.25}
	judge := convnet
	judge.PatchSize, judge.Widths, judge.Classes = 4, []int{40, 80, 112}, datasets.Outputs(savanna.Factors())
	local := false
	return Recipe{
		Name:        "savanna",
		Classes:     classes,
		Task:        set.Task(),
		Description: "Savanna, 128x128 colour pictures of a procedural world: six animals whose true counterfactuals are known",
		Data:        "otherwise data savanna: scenes drawn for training, none of them twice",
		Frame:       picture.Frame{Width: savanna.Size, Height: savanna.Size, Channels: 3},
		Seed:        1,
		Schedule:    diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000},
		Prediction:  diffusion.PredictsVelocity,
		Autoencoder: diffusion.AutoencoderKL{InChannels: 3, OutChannels: 3, LatentChannels: 3,
			BlockOutChannels: []int{48, 96}, LayersPerBlock: 1, NormNumGroups: 8, PatchSize: 2, MidBlockAddAttention: &local, Shortcuts: true},
		UNet: diffusion.UNet{InChannels: 3, OutChannels: 3, BlockOutChannels: []int{48, 96, 128}, LayersPerBlock: 1,
			DownBlockTypes: []string{"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"},
			UpBlockTypes:   []string{"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"},
			AttentionHeads: diffusion.PerLevel{4}, CrossAttentionDim: 96, NormNumGroups: 16, NormEps: 1e-5},
		Embedding:  diffusion.ClassEmbedding{Classes: len(classes), Width: 96},
		Classifier: convnet,
		// much noise, so that a counterfactual needs more than a pattern that nobody sees
		ClassifierOptions: ClassifierOptions{Noise: 0.25, Shift: 2},
		Judge:             judge,
		JudgeOptions:      ClassifierOptions{Noise: 0.1, Shift: 2},
		Factors:           savanna.Factors(),
		Encoder:           classify.ConvEncoder{PatchSize: 4, Widths: []int{32, 64, 96}, Groups: 8, Expanded: 128, Mean: convnet.Mean, Std: convnet.Std},
		Runs: map[string]RunSize{
			"autoencoder": {Steps: 2400, Batch: 16, Rate: 1.5e-3, EMA: 0.998, Crop: 64},
			"classifier":  {Steps: 1400, Batch: 32, Rate: 2e-3, EMA: 0.998},
			"judge":       {Steps: 1400, Batch: 32, Rate: 2e-3, EMA: 0.998},
			"encoder":     {Steps: 1000, Batch: 64, Rate: 2e-3, EMA: 0.998},
			"diffusion":   {Steps: 2200, Batch: 32, Rate: 1e-3, EMA: 0.999},
		},
		// the best of what was tried on training scenes
		Methods: map[string]json.RawMessage{
			"ldce": json.RawMessage(`{"ddim_steps": 50, "strength": 0.8, "abduction": "inversion", "encode_mean": true, "lambda_c": 1, "lambda_d": 0.05, "guidance_scales": [4, 6, 9], "certainty": 0.99, "cone": true, "gamma": 75, "keep_unchanged": 0.2}`),
			"eced": json.RawMessage(`{"region": "diffedit", "diffedit": {"clamp": 8}, "cam": {"method": "grad-cam++"}, "foreground_share": 0.25, "background_steps": 60, "abduction": "inversion", "denoise_steps": 35, "iterations": 10, "rate": 0.1, "guidance_scale": 3, "stop_at": 0.95, "keep_unchanged": 0.15}`),
		},
	}
}
