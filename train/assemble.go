package train

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"otherwise/bundle"
	"otherwise/classify"
	"otherwise/weights"
)

// Assemble packs the trained networks of the folder, as float16, with their configurations and the methods' options
// into a bundle folder. Classifiers of further tasks and biased ones are packed too, where the folder has any.
func (w *Workshop) Assemble(ctx context.Context, out string) error {
	r := w.Recipe
	b := &weights.Bundle{
		Name: r.Name, Description: r.Description, Task: r.Task, Classes: r.Classes,
		Image:   weights.ImageSpec{Width: r.Frame.Width, Height: r.Frame.Height, Channels: r.Frame.Channels, Margin: r.Frame.Margin},
		Methods: r.Methods, Provenance: map[string]string{"data": r.Data}, Networks: map[string]weights.Network{},
	}
	parts, err := w.parts(b)
	if err != nil {
		return err
	}
	tensors := map[string][]weights.Tensor{}
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		config, err := json.Marshal(p.config)
		if err != nil {
			return fmt.Errorf("configuration of %s: %w", p.network, err)
		}
		params, err := w.load(p.trained)
		if err != nil {
			return err
		}
		if p.network == bundle.NetEncoder {
			params = params.Subset(func(name string) bool { return !strings.HasPrefix(name, classify.Expander+".") })
		}
		if tensors[p.network], err = params.Export(weights.F16); err != nil {
			return fmt.Errorf("%s: %w", p.network, err)
		}
		b.Networks[p.network] = weights.Network{Architecture: p.architecture, Config: config}
	}
	return weights.SaveBundle(out, b, tensors)
}

// part is a network of a bundle, and the name of the file that it was trained to.
type part struct {
	network, trained, architecture string
	config                         any
}

// parts lists the networks that the folder's records tell of, and notes in the bundle how they were made.
func (w *Workshop) parts(b *weights.Bundle) ([]part, error) {
	r := w.Recipe
	runs := map[string]record{}
	for _, name := range r.Networks() {
		run, err := w.readRecord(name)
		if err != nil {
			return nil, err
		}
		runs[name] = run
		b.Provenance[name] = w.provenance(name, run)
	}
	latents := runs["diffusion"].Latents
	if latents == nil {
		return nil, fmt.Errorf("%s has no latent normalisation: run `otherwise train diffusion` again", filepath.Join(w.Dir, "diffusion.json"))
	}
	classifier := bundle.ClassifierConfig{Network: r.Classifier, CAMLayer: r.Classifier.CAMLayer()}
	parts := []part{
		{bundle.NetAutoencoder, "autoencoder", bundle.ArchAutoencoder, r.Autoencoder},
		{bundle.NetDenoiser, "diffusion", bundle.ArchDenoiser, bundle.DenoiserConfig{UNet: r.UNet, Embedding: r.Embedding, Words: r.Words, Prompt: r.Prompt,
			Schedule: r.Schedule, Prediction: r.Prediction, Latents: *latents}},
		{bundle.NetClassifier, "classifier", bundle.ArchClassifier, classifier},
		{bundle.NetJudge, "judge", bundle.ArchClassifier, bundle.ClassifierConfig{Network: r.Judge, CAMLayer: r.Judge.CAMLayer(), Factors: r.Factors}},
	}
	if _, has := runs["encoder"]; has {
		parts = append(parts, part{bundle.NetEncoder, "encoder", bundle.ArchEncoder, r.Encoder})
	}
	variants, err := w.variants()
	if err != nil {
		return nil, err
	}
	for _, name := range variants {
		run, err := w.readRecord(name)
		if err != nil {
			return nil, err
		}
		b.Provenance[name] = w.provenance("classifier", run)
		c := weights.Classifier{Name: strings.TrimPrefix(name, variantPrefix), Network: strings.ToLower(name), Task: run.Task, Classes: run.Classes, Bias: run.Bias}
		if r.PromptOf != nil {
			c.Prompt = r.PromptOf(run.Task)
		}
		b.Classifiers = append(b.Classifiers, c)
		config := classifier
		config.Network.Classes = len(run.Classes)
		parts = append(parts, part{c.Network, name, bundle.ArchClassifier, config})
	}
	return parts, nil
}

// variants lists the classifiers of the folder beside the recipe's own, in alphabetical order.
func (w *Workshop) variants() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(w.Dir, variantPrefix+"*.json"))
	if err != nil {
		return nil, err
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	slices.Sort(names)
	return names, nil
}

// provenance tells how a network was made.
func (w *Workshop) provenance(network string, run record) string {
	command := fmt.Sprintf("otherwise train %s --dataset %s", network, w.Recipe.Name)
	if run.Task != w.Recipe.Task && run.Task != "" {
		command += " --task " + run.Task
	}
	for _, b := range run.Bias {
		command += " --bias " + b.String()
	}
	return fmt.Sprintf("%s: %d steps of %d pictures, seed %d, %.0f s, final loss %.4f", command, run.Steps, run.Batch, run.Seed, run.Seconds, run.Loss)
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
