package train

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"otherwise/bundle"
	"otherwise/weights"
)

// Assemble packs the trained networks of the folder, as float16, with their configurations and the methods' options
// into a bundle folder.
func (w *Workshop) Assemble(ctx context.Context, out string) error {
	r := w.Recipe
	runs := map[string]record{}
	provenance := map[string]string{"data": r.Data}
	for _, name := range Networks() {
		run, err := w.readRecord(name)
		if err != nil {
			return err
		}
		runs[name] = run
		provenance[name] = fmt.Sprintf("otherwise train %s --dataset %s: %d steps of %d pictures, seed %d, %.0f s, final loss %.4f",
			name, r.Name, run.Steps, run.Batch, run.Seed, run.Seconds, run.Loss)
	}
	latents := runs["diffusion"].Latents
	if latents == nil {
		return fmt.Errorf("%s has no latent normalisation: run `otherwise train diffusion` again", filepath.Join(w.Dir, "diffusion.json"))
	}
	b := &weights.Bundle{
		Name: r.Name, Description: r.Description, Classes: r.Classes,
		Image:   weights.ImageSpec{Width: r.Frame.Width, Height: r.Frame.Height, Channels: r.Frame.Channels, Margin: r.Frame.Margin},
		Methods: r.Methods, Provenance: provenance, Networks: map[string]weights.Network{},
	}
	tensors := map[string][]weights.Tensor{}
	for _, n := range []struct {
		network, trained, architecture string
		config                         any
	}{
		{bundle.NetAutoencoder, "autoencoder", bundle.ArchAutoencoder, r.Autoencoder},
		{bundle.NetDenoiser, "diffusion", bundle.ArchDenoiser, bundle.DenoiserConfig{UNet: r.UNet, Embedding: r.Embedding, Words: r.Words, Prompt: r.Prompt,
			Schedule: r.Schedule, Prediction: r.Prediction, Latents: *latents}},
		{bundle.NetClassifier, "classifier", bundle.ArchClassifier, bundle.ClassifierConfig{Network: r.Classifier, CAMLayer: r.Classifier.CAMLayer()}},
		{bundle.NetJudge, "judge", bundle.ArchClassifier, bundle.ClassifierConfig{Network: r.Judge, CAMLayer: r.Judge.CAMLayer()}},
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		config, err := json.Marshal(n.config)
		if err != nil {
			return fmt.Errorf("configuration of %s: %w", n.network, err)
		}
		params, err := w.load(n.trained)
		if err != nil {
			return err
		}
		if tensors[n.network], err = params.Export(weights.F16); err != nil {
			return fmt.Errorf("%s: %w", n.network, err)
		}
		b.Networks[n.network] = weights.Network{Architecture: n.architecture, Config: config}
	}
	return weights.SaveBundle(out, b, tensors)
}

func (w *Workshop) readRecord(name string) (record, error) {
	var r record
	raw, err := os.ReadFile(filepath.Join(w.Dir, name+".json"))
	if err != nil {
		return r, fmt.Errorf("%s is not trained yet: run `otherwise train %s` first: %w", name, name, err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("%s.json: %w", name, err)
	}
	return r, nil
}
