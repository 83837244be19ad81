package train

import (
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
	r.UNet.CrossAttentionDim = width
	r.Factors = faces.Factors()
	r.Classifier.Widths = []int{16, 32, 64, 96} // there are three of them: two tasks, and a biased one
	r.Classifier.Classes, r.Judge.Classes = len(r.Classes), datasets.Outputs(r.Factors)
	r.Classifier.Mean, r.Judge.Mean, r.Encoder.Mean = 0.5, 0.5, 0.5
	r.Runs["judge"] = RunSize{Steps: 3000, Batch: 32, Rate: 2e-3, EMA: 0.998} // seventeen attributes, most of them small
	r.Runs["diffusion"] = RunSize{Steps: 2600, Batch: 32, Rate: 1e-3, EMA: 0.999}
	return r
}
