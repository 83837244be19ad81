package published

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"otherwise/diffusion"
	"otherwise/diffusion/internal/fields"
	"otherwise/weights"
)

// ldmConfig is the YAML configuration of latent diffusion's and Stable Diffusion's public codes, as JSON.
type ldmConfig struct {
	Model struct {
		Target string    `json:"target"`
		Params ldmParams `json:"params"`
	} `json:"model"`
}

// ldmParams are the fields of LatentDiffusion that matter here.
type ldmParams struct {
	LinearStart      float64 `json:"linear_start"`
	LinearEnd        float64 `json:"linear_end"`
	Timesteps        int     `json:"timesteps"`
	BetaSchedule     string  `json:"beta_schedule"`
	Parameterization string  `json:"parameterization"` // eps, x0 or v
	ConditioningKey  string  `json:"conditioning_key"`
	ScaleFactor      float64 `json:"scale_factor"`
	ScaleByStd       bool    `json:"scale_by_std"`
	UNet             stage   `json:"unet_config"`
	FirstStage       stage   `json:"first_stage_config"`
	Condition        stage   `json:"cond_stage_config"`
}

// stage is a network's class and its settings.
type stage struct {
	Target string          `json:"target"`
	Params json.RawMessage `json:"params"`
}

// class is the last part of the target, the class's own name.
func (s stage) class() string { return s.Target[strings.LastIndexByte(s.Target, '.')+1:] }

func (s stage) raw() []byte {
	if s.Params == nil {
		return []byte("{}")
	}
	return s.Params
}

// parseYAML reads a configuration.
func parseYAML(raw []byte) (*ldmConfig, error) {
	var values map[string]any
	if err := yaml.Unmarshal(raw, &values); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c := &ldmConfig{}
	c.Model.Params = ldmParams{LinearStart: 1e-4, LinearEnd: 2e-2, Timesteps: 1000, BetaSchedule: "linear", Parameterization: "eps", ScaleFactor: 1}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	p := c.Model.Params
	if p.UNet.Target == "" || p.FirstStage.Target == "" {
		return nil, fmt.Errorf("configuration: model.params has no unet_config or no first_stage_config; this is not latent diffusion's")
	}
	if p.ConditioningKey != "" && p.ConditioningKey != "crossattn" {
		return nil, fmt.Errorf("configuration: conditioning_key is %q; crossattn is implemented", p.ConditioningKey)
	}
	return c, nil
}

// scaleFactor is what latents are multiplied by. Where it was measured in training, the checkpoint holds it.
func (c *ldmConfig) scaleFactor(checkpoint string) (float64, error) {
	if !c.Model.Params.ScaleByStd {
		return c.Model.Params.ScaleFactor, nil
	}
	file, err := weights.OpenCheckpoint(checkpoint)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	factor, err := file.Float32("scale_factor")
	if err != nil || len(factor) != 1 {
		return 0, errors.Join(fmt.Errorf("configuration: scale_by_std is set, and the checkpoint has no number scale_factor"), err)
	}
	return float64(factor[0]), nil
}

// scheduler translates the training schedule. What latent diffusion calls linear is linear in the square root of beta. The
// sampler is its deterministic DDIM.
func (c *ldmConfig) scheduler() (diffusion.SchedulerConfig, error) {
	p := c.Model.Params
	betas := map[string]string{"linear": "scaled_linear", "cosine": "squaredcos_cap_v2", "sqrt_linear": "linear"}[p.BetaSchedule]
	prediction := map[string]string{"eps": diffusion.PredictsNoise, "v": diffusion.PredictsVelocity, "x0": diffusion.PredictsLatent}[p.Parameterization]
	if betas == "" || prediction == "" {
		return diffusion.SchedulerConfig{}, fmt.Errorf("configuration: beta_schedule %q with parameterization %q; legal are linear, cosine and "+
			"sqrt_linear with eps, v and x0", p.BetaSchedule, p.Parameterization)
	}
	no := false
	return diffusion.SchedulerConfig{Class: "DDIMScheduler", PredictionType: prediction, TimestepSpacing: diffusion.LDM, ClipSample: &no,
		SetAlphaToOne: &no, ScheduleConfig: diffusion.ScheduleConfig{BetaSchedule: betas, BetaStart: p.LinearStart, BetaEnd: p.LinearEnd,
			Steps: p.Timesteps}}, nil
}

// ldmUNet are the settings of openaimodel.UNetModel.
type ldmUNet struct {
	InChannels           int   `json:"in_channels"`
	OutChannels          int   `json:"out_channels"`
	ModelChannels        int   `json:"model_channels"`
	ResBlocks            int   `json:"num_res_blocks"`
	AttentionResolutions []int `json:"attention_resolutions"` // factors of down-sampling
	ChannelMult          []int `json:"channel_mult"`
	Heads                int   `json:"num_heads"`
	HeadChannels         int   `json:"num_head_channels"`
	TransformerDepth     int   `json:"transformer_depth"`
	ContextDim           int   `json:"context_dim"`
	LinearTransformer    bool  `json:"use_linear_in_transformer"`
}

var (
	unetFields = fields.Kind{Name: "U-Net",
		Ignored: []string{"image_size", "use_checkpoint", "use_fp16", "legacy", "dropout", "num_heads_upsample"},
		Fixed: map[string][]string{"use_spatial_transformer": {"true"}, "conv_resample": {"true"}, "dims": {"2"},
			"use_scale_shift_norm": {"false"}, "resblock_updown": {"false"}, "num_classes": {"null"}}}
	firstStageFields = fields.Kind{Name: "first stage", Ignored: []string{"monitor", "lossconfig", "ckpt_path", "ignore_keys", "image_key",
		"remap", "sane_index_shape"}}
	pyramidFields = fields.Kind{Name: "first stage", Ignored: []string{"dropout"},
		Fixed: map[string][]string{"attn_type": {`"vanilla"`, `"vanilla-xformers"`}, "resamp_with_conv": {"true"}, "tanh_out": {"false"}}}
	classEmbedder = fields.Kind{Name: "class embedder"}
)

// unet translates the U-Net's settings.
func (c *ldmConfig) unet() (diffusion.UNet, error) {
	p := ldmUNet{Heads: -1, HeadChannels: -1, TransformerDepth: 1, ChannelMult: []int{1, 2, 4, 8}}
	if err := unetFields.Parse(c.Model.Params.UNet.raw(), &p); err != nil {
		return diffusion.UNet{}, err
	}
	u := diffusion.UNet{InChannels: p.InChannels, OutChannels: p.OutChannels, LayersPerBlock: p.ResBlocks, CrossAttentionDim: p.ContextDim,
		NormNumGroups: 32, NormEps: 1e-5, UseLinearProjection: p.LinearTransformer, TransformerLayers: diffusion.PerLevel{p.TransformerDepth}}
	for level, mult := range p.ChannelMult {
		width := mult * p.ModelChannels
		u.BlockOutChannels = append(u.BlockOutChannels, width)
		heads := p.Heads
		if p.HeadChannels > 0 {
			heads = width / p.HeadChannels
		}
		u.AttentionHeads = append(u.AttentionHeads, heads)
		down, up := "DownBlock2D", "UpBlock2D"
		if slices.Contains(p.AttentionResolutions, 1<<level) {
			down, up = "CrossAttn"+down, "CrossAttn"+up
		}
		u.DownBlockTypes = append(u.DownBlockTypes, down)
		u.UpBlockTypes = append([]string{up}, u.UpBlockTypes...)
	}
	return u, u.Validate()
}

// autoencoder translates the first stage's settings; levels and pictureChannels are those of the result.
func (c *ldmConfig) autoencoder() (a diffusion.Autoencoder, levels, pictureChannels int, err error) {
	var p struct {
		EmbedDim int             `json:"embed_dim"`
		Codes    int             `json:"n_embed"`
		Config   json.RawMessage `json:"ddconfig"`
	}
	s := c.Model.Params.FirstStage
	if err := firstStageFields.Parse(s.raw(), &p); err != nil {
		return nil, 0, 0, err
	}
	var d struct {
		DoubleZ    bool  `json:"double_z"`
		ZChannels  int   `json:"z_channels"`
		Resolution int   `json:"resolution"`
		In         int   `json:"in_channels"`
		Out        int   `json:"out_ch"`
		Width      int   `json:"ch"`
		Mult       []int `json:"ch_mult"`
		ResBlocks  int   `json:"num_res_blocks"`
		Attention  []int `json:"attn_resolutions"` // sides at the given resolution
	}
	d.DoubleZ = true
	if err := pyramidFields.Parse(p.Config, &d); err != nil {
		return nil, 0, 0, err
	}
	var widths []int
	var down, up []string
	for level, mult := range d.Mult {
		widths = append(widths, mult*d.Width)
		attends := ""
		if slices.Contains(d.Attention, d.Resolution>>level) {
			attends = "Attn"
		}
		down, up = append(down, attends+"DownEncoderBlock2D"), append([]string{attends + "UpDecoderBlock2D"}, up...)
	}
	switch class := s.class(); {
	case class == "AutoencoderKL" && d.DoubleZ && p.EmbedDim == d.ZChannels:
		kl := diffusion.AutoencoderKL{InChannels: d.In, OutChannels: d.Out, LatentChannels: d.ZChannels, BlockOutChannels: widths,
			LayersPerBlock: d.ResBlocks, NormNumGroups: 32, DownBlockTypes: down, UpBlockTypes: up}
		return kl, len(widths), d.In, kl.Validate()
	case strings.HasPrefix(class, "VQModel") && !d.DoubleZ:
		vq := diffusion.VQ{InChannels: d.In, OutChannels: d.Out, LatentChannels: d.ZChannels, BlockOutChannels: widths, LayersPerBlock: d.ResBlocks,
			NormNumGroups: 32, Codes: p.Codes, CodeChannels: p.EmbedDim, DownBlockTypes: down, UpBlockTypes: up}
		return vq, len(widths), d.In, vq.Validate()
	}
	return nil, 0, 0, fmt.Errorf("first stage %s with double_z %v, embed_dim %d and z_channels %d is not implemented; there are AutoencoderKL with "+
		"double_z and equal numbers, and VQModelInterface without", s.Target, d.DoubleZ, p.EmbedDim, d.ZChannels)
}
