package published

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"otherwise/diffusion"
	"otherwise/diffusion/tokenize"
)

// components are the parts of a pipeline that this program knows; the others of an index must be null or in ignored.
var components = []string{"unet", "vae", "vqvae", "text_encoder", "tokenizer", "scheduler"}

// ignoredComponents have no part in explanations.
var ignoredComponents = []string{"safety_checker", "feature_extractor", "image_encoder"}

// openDiffusers reads the configurations in a folder with model_index.json.
func openDiffusers(dir string) (*Model, error) {
	if err := checkIndex(filepath.Join(dir, "model_index.json")); err != nil {
		return nil, err
	}
	m := &Model{}
	raw, err := readConfig(filepath.Join(dir, "unet", "config.json"))
	if err != nil {
		return nil, err
	}
	if class, err := className(raw, "UNet2DConditionModel"); err != nil || class != "UNet2DConditionModel" {
		return nil, errors.Join(fmt.Errorf("the denoiser is a %s; UNet2DConditionModel is implemented", class), err)
	}
	if m.UNet, err = diffusion.ParseUNet(raw); err != nil {
		return nil, err
	}
	m.UNetWeights = unetWeights(m.UNet, filepath.Join(dir, "unet"), unchanged)
	if m.Autoencoder, m.Latents, m.AutoencoderWeights, err = OpenAutoencoder(filepath.Join(dir, autoencoderFolder(dir))); err != nil {
		return nil, err
	}
	if raw, err = readConfig(filepath.Join(dir, "scheduler", "scheduler_config.json")); err != nil {
		return nil, err
	}
	if m.Scheduler, err = diffusion.ParseScheduler(raw); err != nil {
		return nil, err
	}
	return m, m.openText(filepath.Join(dir, "text_encoder"), filepath.Join(dir, "tokenizer"))
}

// checkIndex refuses pipelines with parts that this program doesn't know, such as a second text encoder.
func checkIndex(path string) error {
	raw, err := readConfig(path)
	if err != nil {
		return fmt.Errorf("a diffusers model is a folder with model_index.json: %w", err)
	}
	var index map[string]json.RawMessage
	if err := json.Unmarshal(raw, &index); err != nil {
		return fmt.Errorf("model_index.json: %w", err)
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(index)) {
		var part []*string // library and class
		if json.Unmarshal(index[name], &part) != nil || len(part) != 2 || part[1] == nil {
			continue // a setting, or a part that isn't there
		}
		if !slices.Contains(components, name) && !slices.Contains(ignoredComponents, name) {
			wrong = append(wrong, fmt.Errorf("model_index.json: the model has a %s (%s), which this program doesn't know", name, *part[1]))
		}
	}
	return errors.Join(wrong...)
}

// autoencoderFolder is "vae", or "vqvae" as in pipelines of latent diffusion.
func autoencoderFolder(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "vqvae")); err == nil {
		return "vqvae"
	}
	return "vae"
}

// openText reads a text encoder's configuration and, where it is there, the tokenizer.
func (m *Model) openText(encoder, tokenizer string) error {
	raw, err := readConfig(filepath.Join(encoder, "config.json"))
	if err != nil {
		return err
	}
	text, err := diffusion.ParseTextEncoder(raw)
	if err != nil {
		return err
	}
	m.Text, m.ConditionWeights = &text, textWeights(text, encoder, textNames)
	if _, err := os.Stat(tokenizer); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	m.Tokenizer, err = tokenize.Open(os.DirFS(tokenizer))
	return err
}
