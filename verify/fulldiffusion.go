package verify

import (
	"fmt"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion"
	"otherwise/nn"
)

// fullDiffusion are the diffusion models of full size.
var fullDiffusion = map[string]fullNetwork{
	"sd15_unet": {Inputs: []string{"sd15_unet.sample", "sd15_unet.context"}, Forward: fullUNet(stableDiffusion15)},
	"cin256_unet": {Inputs: []string{"cin256_unet.sample", "cin256_unet.context"}, Forward: fullUNet(classConditional256), Hashed: func(name string) string {
		return "model.diffusion_model." + compVisUNetName(classConditional256.LayersPerBlock, name)
	}},
	"sd15_vae":        {Inputs: []string{"sd15_vae.latent"}, Forward: fullDecoder, Hashed: olderAttention},
	"sd15_vae_encode": {Inputs: []string{"sd15_vae.image"}, Forward: fullEncoding, Hashed: olderAttention, NoGradient: true},
	"sd15_text":       {Forward: fullTextEncoder, NoGradient: true},
}

// The published sizes.
var (
	stableDiffusion15 = diffusion.UNet{InChannels: 4, OutChannels: 4, BlockOutChannels: []int{320, 640, 1280, 1280}, LayersPerBlock: 2,
		DownBlockTypes: []string{"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"},
		UpBlockTypes:   []string{"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"},
		AttentionHeads: diffusion.PerLevel{8}, CrossAttentionDim: 768, NormNumGroups: 32, NormEps: 1e-5}
	classConditional256 = diffusion.UNet{InChannels: 3, OutChannels: 3, BlockOutChannels: []int{192, 384, 576, 960}, LayersPerBlock: 2,
		DownBlockTypes: []string{"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"},
		UpBlockTypes:   []string{"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"},
		AttentionHeads: diffusion.PerLevel{1}, CrossAttentionDim: 512, NormNumGroups: 32, NormEps: 1e-5}
	stableAutoencoder = diffusion.AutoencoderKL{InChannels: 3, OutChannels: 3, LatentChannels: 4, BlockOutChannels: []int{128, 256, 512, 512},
		LayersPerBlock: 2, NormNumGroups: 32}
	stableText = diffusion.TextEncoder{VocabSize: 49408, HiddenSize: 768, IntermediateSize: 3072, Layers: 12, Heads: 12, Positions: 77,
		Activation: "quick_gelu", LayerNormEps: 1e-5}
)

func fullUNet(u diffusion.UNet) fullForward {
	return func(_ *Check, about fullCase) func(nn.Scope, []*Node) []*Node {
		return func(s nn.Scope, inputs []*Node) []*Node {
			t := diffusion.Timesteps(Const(inputs[0].Graph(), about.Timestep), inputs[0].Shape().Dimensions[0])
			return []*Node{u.Eps(s, inputs[0], t, inputs[1])}
		}
	}
}

func fullDecoder(*Check, fullCase) func(nn.Scope, []*Node) []*Node {
	return func(s nn.Scope, inputs []*Node) []*Node { return []*Node{stableAutoencoder.Decode(s, inputs[0])} }
}

// fullEncoding gives mean and log-variance as the channels of one tensor.
func fullEncoding(*Check, fullCase) func(nn.Scope, []*Node) []*Node {
	return func(s nn.Scope, inputs []*Node) []*Node {
		mean, logvar := stableAutoencoder.Encode(s, inputs[0])
		return []*Node{Concatenate([]*Node{mean, logvar}, -1)}
	}
}

func fullTextEncoder(_ *Check, about fullCase) func(nn.Scope, []*Node) []*Node {
	return func(s nn.Scope, _ []*Node) []*Node {
		width := stableText.HiddenSize
		graph := s.Sub("text_model").Sub("final_layer_norm").Param("weight", nn.Constant(1), width).Graph()
		return []*Node{stableText.Encode(s, Const(graph, [][]int32{about.InputIDs}))}
	}
}

// olderAttention is the name that the published autoencoder of Stable Diffusion 1.5 has for a parameter.
func olderAttention(name string) string {
	if !strings.Contains(name, ".attentions.") {
		return name
	}
	return strings.NewReplacer(".to_q.", ".query.", ".to_k.", ".key.", ".to_v.", ".value.", ".to_out.0.", ".proj_attn.").Replace(name)
}

// compVisUNetName is the name that CompVis' checkpoints have for a parameter of a U-Net whose every level with an upsampler
// attends: the inverse of published.UNetNames.
func compVisUNetName(layersPerBlock int, name string) string {
	p := strings.Split(name, ".")
	rest := func(i int) string { return strings.Join(p[i:], ".") }
	number := func(i int) int {
		n, err := strconv.Atoi(p[i])
		if err != nil {
			panic(fmt.Errorf("%q is no parameter of a U-Net", name))
		}
		return n
	}
	residual := strings.NewReplacer("norm1.", "in_layers.0.", "conv1.", "in_layers.2.", "time_emb_proj.", "emb_layers.1.", "norm2.", "out_layers.0.",
		"conv2.", "out_layers.3.", "conv_shortcut.", "skip_connection.")
	switch p[0] {
	case "conv_in":
		return "input_blocks.0.0." + rest(1)
	case "time_embedding":
		return map[string]string{"linear_1": "time_embed.0.", "linear_2": "time_embed.2."}[p[1]] + rest(2)
	case "conv_norm_out":
		return "out.0." + rest(1)
	case "conv_out":
		return "out.2." + rest(1)
	case "mid_block":
		if p[1] == "attentions" {
			return "middle_block.1." + rest(3)
		}
		return fmt.Sprintf("middle_block.%d.%s", 2*number(2), residual.Replace(rest(3)))
	}
	blocks, at := "output_blocks", number(1)*(layersPerBlock+1)
	if p[0] == "down_blocks" {
		blocks, at = "input_blocks", at+1
	}
	switch p[2] {
	case "resnets":
		return fmt.Sprintf("%s.%d.0.%s", blocks, at+number(3), residual.Replace(rest(4)))
	case "attentions":
		return fmt.Sprintf("%s.%d.1.%s", blocks, at+number(3), rest(4))
	case "downsamplers":
		return fmt.Sprintf("%s.%d.0.op.%s", blocks, at+layersPerBlock, rest(5))
	}
	return fmt.Sprintf("%s.%d.2.conv.%s", blocks, at+layersPerBlock, rest(5))
}
