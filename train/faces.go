package train

import (
	"encoding/json"

	"otherwise/datasets"
	"otherwise/datasets/faces"
	"otherwise/diffusion"
)

// Faces is the recipe of the bundle of portraits: the networks of [Savanna], but that the diffusion model is told what to
// draw in words, by a transformer of two layers that is fitted with it. The classes are those of the task Smiling.
func Faces() Recipe {
	r := Savanna()
	words := faces.Words()
	const width = 96
	r.Name = "faces"
	r.Classes = []string{"not smiling", "smiling"}
	r.Description = "Faces, 128x128 colour portraits whose true counterfactuals are known, told what to draw in words"
	r.Data = "otherwise data faces: portraits drawn for training, none of them twice"
	r.Embedding = diffusion.ClassEmbedding{}
	r.Words = &diffusion.WordEncoder{Vocabulary: words, Encoder: diffusion.TextEncoder{VocabSize: len(words) + 1, HiddenSize: width,
		IntermediateSize: 2 * width, Layers: 2, Heads: 4, Positions: faces.CaptionWords, Activation: "quick_gelu", LayerNormEps: 1e-5}}
	r.Prompt, r.PromptOf = faces.Prompt, faces.PromptOf
	r.Task = faces.DefaultTask
	// Latents of 16x16x8: flat drawings lose little by it, and a U-Net on a quarter of the positions sees more than twice as
	// many portraits in the same time.
	r.Autoencoder.LatentChannels, r.Autoencoder.BlockOutChannels = 8, []int{40, 80, 128}
	r.UNet.InChannels, r.UNet.OutChannels, r.UNet.BlockOutChannels = 8, 8, []int{64, 112}
	r.UNet.DownBlockTypes = []string{"CrossAttnDownBlock2D", "CrossAttnDownBlock2D"}
	r.UNet.UpBlockTypes = []string{"CrossAttnUpBlock2D", "CrossAttnUpBlock2D"}
	r.UNet.CrossAttentionDim = width
	r.Factors = faces.Factors()
	r.Classifier.Widths = []int{16, 32, 64, 96} // there are three of them: two tasks, and a biased one
	r.Classifier.Classes, r.Judge.Classes = len(r.Classes), datasets.Outputs(r.Factors)
	r.Classifier.Mean, r.Judge.Mean, r.Encoder.Mean = 0.5, 0.5, 0.5
	r.Runs["judge"] = RunSize{Steps: 3000, Batch: 32, Rate: 2e-3, EMA: 0.998} // seventeen attributes, most of them small
	r.Runs["diffusion"] = RunSize{Steps: 2800, Batch: 32, Rate: 1e-3, EMA: 0.999}
	r.Methods = map[string]json.RawMessage{
		// The best of what was tried on training portraits. A smile is small: noise of a seed changes more than a smile does, and
		// classifier-free guidance, which the public code has for CelebA-HQ, knows better than a gradient where a smile belongs.
		"ldce": json.RawMessage(`{"ddim_steps": 50, "strength": 0.8, "abduction": "inversion", "encode_mean": true, "guidance": "free", "guidance_scales": [5, 9, 15, 24], "certainty": 0.99, "keep_unchanged": 0.37, "keep_blur": 0.005}`),
		"eced": json.RawMessage(`{"region": "diffedit", "diffedit": {"clamp": 8}, "cam": {"method": "grad-cam++"}, "foreground_share": 0.06, "background_steps": 60, "abduction": "inversion", "denoise_steps": 40, "iterations": 8, "rate": 0.1, "guidance_scale": 9, "stop_at": 0.95, "keep_unchanged": 0.5, "keep_blur": 0.005}`),
		// age shows in hair, forehead and cheeks: no share of the picture fits it and a smile, and more of it is faint
		"ldce/Young": json.RawMessage(`{"keep_unchanged": 0.15, "keep_blur": 0.02}`),
		"eced/Young": json.RawMessage(`{"foreground_share": 0, "delta": 0.13, "keep_unchanged": 0.15, "keep_blur": 0.02}`),
	}
	return r
}
