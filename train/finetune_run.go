package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"
	"github.com/google/renameio/v2"

	"otherwise/bundle"
	"otherwise/diffusion"
	"otherwise/nn"
	"otherwise/weights"
)

// LoRAFile is what an adapter's file is called, as by diffusers.
const LoRAFile = "pytorch_lora_weights.safetensors"

// FineTuned is what a U-Net learned.
type FineTuned struct {
	LoRA   *diffusion.LoRA // the adapter; nil where all weights were fitted
	UNet   *nn.Params      // all parameters of the denoiser; nil where an adapter was fitted
	Record FineTuneRecord
}

// FineTuneRecord says how a U-Net was fine-tuned; it stands beside the result as fine-tuning.json.
type FineTuneRecord struct {
	From     string         `json:"from"`
	Pictures string         `json:"pictures"`
	Count    int            `json:"count"` // of the pictures
	Steps    int            `json:"steps"`
	Batch    int            `json:"batch"`
	Rank     int            `json:"rank,omitempty"`
	Alpha    float64        `json:"alpha,omitempty"`
	Rate     float64        `json:"rate"`
	Constant bool           `json:"constant_rate,omitempty"`
	Adam     nn.AdamOptions `json:"adam"`
	EMA      float64        `json:"ema"`
	Dropout  float64        `json:"condition_dropout"`
	Seed     uint64         `json:"seed"`
	Seconds  float64        `json:"seconds"`
	Loss     float64        `json:"loss"` // mean over the last steps
}

// Run fine-tunes a model in a folder: fine-tuning.checkpoint is kept there while it runs, from which a later call goes on, and
// fine-tuning-loss.png and fine-tuning.json are written at the end. from and pictures name what is fitted to what, for the record and
// to tell one run's checkpoint from another's. See [FineTuneTask] for classes.
func (o FineTune) Run(ctx context.Context, backend compute.Backend, model *diffusion.Model, data *Pictures, classes []int,
	from, pictures, dir string, opts Options) (*FineTuned, error) {
	o.defaults()
	opts.defaults()
	task, lora, err := FineTuneTask(backend, model, data, classes, o)
	if err != nil {
		return nil, err
	}
	r := FineTuneRecord{From: from, Pictures: pictures, Count: data.Len(), Steps: opts.Steps, Batch: o.Batch, Rate: opts.Rate,
		Constant: opts.Constant, Adam: opts.Adam.WithDefaults(), EMA: max(0, opts.EMA), Dropout: o.Dropout, Seed: o.Seed}
	if lora != nil {
		r.Rank, r.Alpha = lora.Rank, lora.Alpha
	}
	identity, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	opts.Identity, opts.Checkpoint = string(identity), filepath.Join(dir, "fine-tuning.checkpoint")
	outcome, err := Run(ctx, backend, task, opts)
	if err != nil {
		return nil, err
	}
	r.Seconds = outcome.Elapsed.Seconds()
	if n := len(outcome.Losses); n > 0 {
		r.Loss = outcome.Losses[n-1].Loss
	}
	if err := PlotLoss(filepath.Join(dir, "fine-tuning-loss.png"), "diffusion", outcome.Losses); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := renameio.WriteFile(filepath.Join(dir, "fine-tuning.json"), append(text, '\n'), 0o644); err != nil {
		return nil, err
	}
	if lora != nil {
		lora.Params = outcome.Params
		return &FineTuned{LoRA: lora, Record: r}, nil
	}
	return &FineTuned{UNet: outcome.Params, Record: r}, nil
}

// WriteBundle writes a bundle of trained networks, whose files are given, anew with the fine-tuned denoiser, in float16, and without a
// signal leak.
func (f *FineTuned) WriteBundle(dir string, files fs.FS) error {
	stored, err := weights.LoadBundle(files)
	if err != nil {
		return err
	}
	tensors, err := f.UNet.Export(weights.F16)
	if err != nil {
		return err
	}
	tuned := withoutLeak(stored) // which belonged to other pictures
	how := fmt.Sprintf("otherwise train diffusion --from %s, all weights of the U-Net: %d steps of %d pictures from %s, seed %d, %.0f s, final loss %.4f",
		stored.Name, f.Record.Steps, f.Record.Batch, filepath.Base(f.Record.Pictures), f.Record.Seed, f.Record.Seconds, f.Record.Loss)
	if before := stored.Provenance["fine-tuning"]; before != "" {
		how = before + "; then " + how
	}
	tuned.Provenance["fine-tuning"] = how
	return weights.SaveBundle(dir, tuned, map[string][]weights.Tensor{bundle.NetDenoiser: tensors})
}

// WriteDiffusers copies a model's folder in diffusers' layout, with the fine-tuned U-Net in float32 in place of its own. The index
// model_index.json comes last: a folder with it is whole.
func (f *FineTuned) WriteDiffusers(dir, from string) error {
	const index = "model_index.json"
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, name), 0o755)
		case name == index || filepath.Dir(name) == "unet" && filepath.Base(name) != "config.json":
			return nil
		}
		return copyFile(filepath.Join(dir, name), path)
	})
	if err != nil {
		return fmt.Errorf("copying the model: %w", err)
	}
	tensors, err := f.UNet.Export(weights.F32)
	if err != nil {
		return err
	}
	if err := weights.Write(filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors"), tensors, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	return copyFile(filepath.Join(dir, index), filepath.Join(from, index))
}

// copyFile copies a file, which arrives whole.
func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	pending, err := renameio.NewPendingFile(to, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer func() { _ = pending.Cleanup() }() // nothing is left where it was replaced
	if _, err := pending.ReadFrom(source); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}
