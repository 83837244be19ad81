package published

import (
	_ "embed"
	"fmt"
	"strings"

	"otherwise/diffusion"
)

// stableDiffusion1 is the configuration of Stable Diffusion 1, which is published apart from the checkpoints.
//
//go:embed v1-inference.yaml
var stableDiffusion1 []byte

// openCompVis reads the configuration of a checkpoint whose networks lie below "model.diffusion_model.",
// "first_stage_model." and "cond_stage_model."; averages ("model_ema.") and buffers are left aside.
func openCompVis(checkpoint string, o Options) (*Model, error) {
	raw := stableDiffusion1
	if o.Config != "" {
		var err error
		if raw, err = readConfig(o.Config); err != nil {
			return nil, err
		}
	}
	config, err := parseYAML(raw)
	if err != nil {
		return nil, err
	}
	m := &Model{}
	if m.Scheduler, err = config.scheduler(); err != nil {
		return nil, err
	}
	if m.UNet, err = config.unet(); err != nil {
		return nil, err
	}
	m.UNetWeights = unetWeights(m.UNet, checkpoint, below("model.diffusion_model.", always(UNetNames(m.UNet))))
	autoencoder, levels, pictureChannels, err := config.autoencoder()
	if err != nil {
		return nil, err
	}
	factor, err := config.scaleFactor(checkpoint)
	if err != nil {
		return nil, err
	}
	m.Autoencoder, m.Latents = autoencoder, diffusion.ScaledLatents(autoencoder.Channels(), factor)
	if err := m.Latents.Validate(autoencoder.Channels()); err != nil {
		return nil, err
	}
	m.AutoencoderWeights = autoencoderWeights(m.Autoencoder, pictureChannels, checkpoint, below("first_stage_model.", firstStage(levels)))
	return m, m.openCondition(config, checkpoint, o)
}

// firstStage renames an autoencoder's tensors and leaves out those of its training loss.
func firstStage(levels int) func(string) (string, bool) {
	rename := AutoencoderNames(levels)
	return func(name string) (string, bool) {
		if strings.HasPrefix(name, "loss.") {
			return "", false
		}
		return rename(name), true
	}
}

// openCondition reads what the model is conditional on.
func (m *Model) openCondition(config *ldmConfig, checkpoint string, o Options) error {
	stage := config.Model.Params.Condition
	switch stage.class() {
	case "ClassEmbedder":
		var c struct {
			Classes int    `json:"n_classes"`
			Width   int    `json:"embed_dim"`
			Key     string `json:"key"`
		}
		c.Classes = 1000 // the public code's default
		if err := classEmbedder.Parse(stage.raw(), &c); err != nil {
			return err
		}
		if c.Classes < 2 || c.Width < 1 {
			return fmt.Errorf("class embedder: %d rows of width %d", c.Classes, c.Width)
		}
		m.Classes = &diffusion.ClassEmbedding{Classes: c.Classes - 1, Width: c.Width} // the last row is for no class
		m.ConditionWeights = classWeights(*m.Classes, checkpoint, below("cond_stage_model.", unchanged))
	case "FrozenCLIPEmbedder":
		raw := []byte(openAITextEncoder)
		if o.TextConfig != "" {
			var err error
			if raw, err = readConfig(o.TextConfig); err != nil {
				return err
			}
		}
		text, err := diffusion.ParseTextEncoder(raw)
		if err != nil {
			return err
		}
		m.Text, m.ConditionWeights = &text, textWeights(text, checkpoint, below("cond_stage_model.transformer.", textNames))
	default:
		return fmt.Errorf("the condition %s is not implemented for checkpoints; there are ClassEmbedder and FrozenCLIPEmbedder. "+
			"For Stable Diffusion 2, give the folder in diffusers' layout", stage.Target)
	}
	return nil
}

// openAITextEncoder is what of the text tower of OpenAI's ViT-L/14, which Stable Diffusion 1 has, differs from the defaults.
const openAITextEncoder = `{"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12}`
