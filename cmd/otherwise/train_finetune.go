package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"
	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/datasets"
	"otherwise/datasets/folder"
	"otherwise/datasets/picture"
	"otherwise/diffusion"
	"otherwise/diffusion/published"
	"otherwise/nn"
	"otherwise/setup"
	"otherwise/train"
)

// fineTuning is what `train diffusion --from` is told.
type fineTuning struct {
	from, pictures, prompt, schedule string
	size                             int
	ema                              float64
	settings                         train.FineTune
	options                          train.Options
}

const fineTuneHelp = `
With --from it fine-tunes the U-Net of a bundle, or of a Stable Diffusion in diffusers' layout, on pictures of your own: --pictures
names a folder with a sub-folder for each class, or with a metadata.jsonl that tells captions (lines of file_name and text, for models
of texts); --dataset takes a data set. Autoencoder and condition stay as they are. AdamW fits all weights of the U-Net, and the result is
a new bundle, or folder, in --out; or with --lora RANK a low-rank adapter of the attention projections, ` + train.LoRAFile + ` in
--out, as diffusers has it: --lora FILE, beside --bundle anywhere, adds it again, and so does a recipe's lora = [{weights = "FILE"}]. fine-tuning.checkpoint is kept there meanwhile, and the same command goes on from it.`

func (f *fineTuning) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "fine-tune this model: the `name` of a bundle of trained networks, its folder, or a diffusers folder")
	flags.StringVar(&f.pictures, "pictures", "", "`folder` of pictures to fine-tune on")
	flags.StringVar(&f.prompt, "prompt", "a photo of a {}.", "what a class is called to a diffusers model: {} is its name, {a} its article")
	flags.IntVar(&f.size, "size", 512, "side of the pictures in pixels, for a diffusers model")
	flags.IntVar(&f.settings.Rank, "lora", 0, "`rank` of a low-rank adapter; 0 fits all weights")
	flags.Float64Var(&f.settings.Alpha, "lora-alpha", 0, "the adapter's alpha (default: its rank)")
	flags.IntVar(&f.settings.Batch, "batch", 8, "pictures a step, of fine-tuning")
	flags.Float64Var(&f.settings.Dropout, "dropout", train.ConditionDropout, "share of pictures shown without class or caption, of fine-tuning; negative for none")
	flags.Float64Var(&f.options.Rate, "rate", 1e-5, "peak learning rate of fine-tuning; an adapter takes more, 1e-4")
	flags.IntVar(&f.options.WarmUp, "warm-up", 100, "steps in which the rate rises, of fine-tuning")
	f.schedule = "constant"
	addChoice(cmd, &f.schedule, "schedule", "of the rate after the warm-up, of fine-tuning", "constant", "cosine")
	flags.Float64Var(&f.options.Adam.WeightDecay, "weight-decay", 0.01, "AdamW's, of fine-tuning")
	flags.Float64Var(&f.ema, "ema", 0, "decay of the moving average of what is fine-tuned, which becomes the result; 0 for none")
	cmd.MarkFlagsOneRequired("dataset", "pictures")
	cmd.MarkFlagsMutuallyExclusive("dataset", "pictures")
}

// check looks at the flags before the long work.
func (f *fineTuning) check(cmd *cobra.Command, t *training) error {
	if f.from == "" {
		for _, flag := range []string{"pictures", "prompt", "size", "lora", "lora-alpha", "batch", "dropout", "rate", "warm-up", "schedule", "weight-decay", "ema"} {
			if cmd.Flags().Changed(flag) {
				return &usageError{fmt.Errorf("--%s is for fine-tuning: name a model with --from", flag)}
			}
		}
		return nil
	}
	if t.out == "" {
		return &usageError{errors.New("--from: name an --out folder for the result")}
	}
	switch {
	case f.settings.Rank < 0 || f.settings.Alpha < 0:
		return &usageError{fmt.Errorf("--lora %d with --lora-alpha %g; legal are 0 or more", f.settings.Rank, f.settings.Alpha)}
	case f.settings.Batch < 1:
		return &usageError{fmt.Errorf("--batch is %d; legal is 1 or more", f.settings.Batch)}
	case !(f.settings.Dropout <= 1):
		return &usageError{fmt.Errorf("--dropout is %g; legal is up to 1", f.settings.Dropout)}
	case !(f.options.Rate > 0):
		return &usageError{fmt.Errorf("--rate is %g; legal is above 0", f.options.Rate)}
	case f.options.WarmUp < 0:
		return &usageError{fmt.Errorf("--warm-up is %d; legal is 0 or more", f.options.WarmUp)}
	case !(f.ema >= 0 && f.ema < 1):
		return &usageError{fmt.Errorf("--ema is %g; legal is 0, for none, to below 1", f.ema)}
	case f.size < 8:
		return &usageError{fmt.Errorf("--size is %d; legal is 8 or more", f.size)}
	}
	if err := f.options.Adam.Validate(); err != nil {
		return &usageError{fmt.Errorf("--weight-decay: %w", err)}
	}
	return checkFolder(t.out)
}

// tuned is a model that is fine-tuned.
type tuned struct {
	model   *diffusion.Model
	frame   picture.Frame
	classes []int // of the model, by the pictures' labels; nil: captions
	write   func(*train.FineTuned, string) error
}

func (f *fineTuning) run(ctx context.Context, t *training, log io.Writer) error {
	set, err := openPictures(ctx, t.dataset, t.data, f.pictures, t.world)
	if err != nil {
		return err
	}
	backend, err := setup.OpenBackend()
	if err != nil {
		return err
	}
	defer backend.Finalize()
	m, err := f.openModel(backend, set)
	if err != nil {
		return err
	}
	data, err := trainingPictures(t.dataset, set, m.frame)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(t.out, 0o755); err != nil {
		return fmt.Errorf("making the output folder: %w", err)
	}
	f.settings.Seed = t.seed
	f.options.Steps, f.options.Progress, f.options.Constant, f.options.EMA = t.steps, log, f.schedule == "constant", f.ema
	if f.ema == 0 {
		f.options.EMA = -1
	}
	result, err := f.settings.Run(ctx, backend, m.model, data, m.classes, f.from, set.Name(), t.out, f.options)
	if ctx.Err() != nil && err != nil {
		return fmt.Errorf("%w\nWhat was learned so far is in %s: run the same command again to go on", err, t.out)
	}
	if err != nil {
		return err
	}
	if result.LoRA != nil {
		return result.LoRA.Write(filepath.Join(t.out, train.LoRAFile))
	}
	return m.write(result, t.out)
}

// openPictures opens the training pictures of a data set, or, where none is named, a folder.
func openPictures(ctx context.Context, dataset, data, pictures string, w worldFlags) (datasets.Labelled, error) {
	if dataset != "" {
		return openDataset(ctx, dataset, data, datasets.Train, w, nil)
	}
	return folder.Open(pictures)
}

// openModel reads the model, with the classes, or the captions, of the pictures.
func (f *fineTuning) openModel(backend compute.Backend, set datasets.Labelled) (*tuned, error) {
	if _, err := os.Stat(filepath.Join(f.from, "model_index.json")); err == nil {
		return f.openDiffusers(backend, set)
	}
	files, err := bundle.Files(f.from)
	if err != nil {
		return nil, err
	}
	if files == nil {
		return nil, &usageError{fmt.Errorf("--from %s is no bundle of trained networks, and no folder with a model_index.json; of a recipe name the folder of its diffusion model", f.from)}
	}
	b, err := bundle.Open(backend, f.from)
	if err != nil {
		return nil, err
	}
	m := &tuned{model: b.Models.Diffusion, frame: b.Frame, write: func(r *train.FineTuned, dir string) error { return r.WriteBundle(dir, files) }}
	if m.classes, err = sameClasses(set.Classes(), b.Classes); err != nil {
		return nil, fmt.Errorf("%s: %w", set.Name(), err)
	}
	return m, nil
}

// openDiffusers reads a model in diffusers' layout, in float32.
func (f *fineTuning) openDiffusers(backend compute.Backend, set datasets.Labelled) (*tuned, error) {
	p, err := published.Open(f.from, published.Options{})
	if err != nil {
		return nil, err
	}
	if side := p.Autoencoder.Factor() << (len(p.UNet.BlockOutChannels) - 1); f.size%side != 0 {
		return nil, &usageError{fmt.Errorf("--size is %d; this model takes multiples of %d", f.size, side)}
	}
	model, err := p.Load(backend, nn.LoadOptions{Backend: backend}, diffusion.Prompts{Classes: set.Classes(), Template: f.prompt})
	if err != nil {
		return nil, err
	}
	m := &tuned{model: model, frame: picture.Frame{Width: f.size, Height: f.size, Channels: 3},
		write: func(r *train.FineTuned, dir string) error { return r.WriteDiffusers(dir, f.from) }}
	if captioned, is := set.(interface{ Captioned() bool }); is && captioned.Captioned() {
		return m, nil
	}
	if len(set.Classes()) == 0 {
		return nil, fmt.Errorf("the pictures in %s have neither classes (sub-folders) nor captions (%s)", set.Name(), folder.MetadataFile)
	}
	for label := range set.Classes() {
		m.classes = append(m.classes, label)
	}
	return m, nil
}
