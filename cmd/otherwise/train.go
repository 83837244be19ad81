package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/setup"
	"otherwise/train"
)

func newTrain() *cobra.Command {
	members := []*cobra.Command{}
	for _, network := range train.Networks() {
		members = append(members, newTrainNetwork(network))
	}
	return family(&cobra.Command{
		Use:     "train",
		GroupID: groupModels,
		Short:   "Fit the networks of a bundle, and put the bundle together",
		Long: `Fits the networks that explanations need, one after the other: the autoencoder, the classifier to explain, the judge
that confirms what the classifier says of a counterfactual, and the diffusion model, which needs the autoencoder. Each
keeps a checkpoint while it runs: run the same command again and it goes on where it stopped. At last "train bundle"
puts the networks together, "train leak" measures what drawing pictures from noise starts with, and "train report" measures all.

In a procedural world the judge tells every factor of a picture, not only its class, and there is one network more: the
encoder, fitted without labels, by whose features pictures are compared. A classifier of another task (--task) or with a bias
planted in its training pictures (--bias) is written under a name of its own, such as classifier-young or
classifier-biased, and becomes part of the same bundle.`,
		Example: `  otherwise train autoencoder --dataset fashion
  otherwise train classifier --dataset fashion
  otherwise train judge --dataset fashion
  otherwise train diffusion --dataset fashion
  otherwise train encoder --dataset savanna
  otherwise train classifier --dataset savanna --bias "land=snow:Persian cat:1"
  otherwise train bundle --dataset fashion --from models/fashion --out models/fashion/bundle`,
	}, append(members, newTrainBundle(), newTrainLeak(), newTrainReport())...)
}

// training is what the training commands are told.
type training struct {
	dataset, data, out string
	steps              int
	seed               uint64
	world              worldFlags
	tuning             fineTuning // of the diffusion model
}

func newTrainNetwork(network string) *cobra.Command {
	var t training
	cmd := &cobra.Command{
		Use:   network,
		Short: "Fit the " + network,
		Long: fmt.Sprintf(`Fits the %[1]s to the data set's training pictures and writes %[1]s.safetensors, %[1]s.json (how it was
made) and %[1]s-loss.png into the output folder. Progress, with the loss and the time left, goes to the standard error.
%[1]s.checkpoint is kept there from minute to minute and when you press Ctrl-C; the same command goes on from it.`, network),
		Example: fmt.Sprintf(`  otherwise train %[1]s --dataset savanna
  otherwise train %[1]s --dataset savanna --out try --steps 500 --seed 2`, network),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := t.tuning.check(cmd, &t); err != nil {
				return err
			}
			if t.tuning.from != "" {
				return t.tuning.run(cmd.Context(), &t, cmd.ErrOrStderr())
			}
			return t.run(cmd.Context(), network, cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	addDataset(cmd, &t.dataset)
	if network == "diffusion" {
		t.tuning.addFlags(cmd)
		cmd.Long += "\n" + fineTuneHelp
		cmd.Example += `
  otherwise train diffusion --from fashion --pictures negatives --out out/negatives --rate 5e-4 --steps 600
  otherwise train diffusion --from fashion --pictures negatives --out out/adapter --lora 8 --rate 3e-3
  otherwise train diffusion --from stable-diffusion-v1-5 --pictures celebahq --size 512 --out out/faces`
	} else {
		required(cmd, "dataset")
	}
	f.StringVar(&t.data, "data", "", dataFlag)
	f.StringVar(&t.out, "out", "", "`folder` for the networks (default: models/DATASET)")
	t.world.addDetail(cmd)
	if network == bundle.NetClassifier {
		t.world.addTask(cmd)
		t.world.addBias(cmd)
	}
	f.IntVar(&t.steps, "steps", 0, "steps of training (default: the recipe's)")
	f.Uint64Var(&t.seed, "seed", train.Fashion().Seed, "decides initial weights, batches and noise")
	return cmd
}

func (t *training) run(ctx context.Context, network string, log io.Writer) error {
	if t.steps < 0 {
		return &usageError{fmt.Errorf("--steps is %d; legal is 1 or more, 0 for the recipe's", t.steps)}
	}
	if t.out == "" {
		t.out = filepath.Join("models", t.dataset)
	}
	if err := checkFolder(t.out); err != nil {
		return err
	}
	w, err := t.openWorkshop(ctx)
	if err != nil {
		return err
	}
	defer w.Backend.Finalize()
	if err := os.MkdirAll(t.out, 0o755); err != nil {
		return fmt.Errorf("making the output folder: %w", err)
	}
	w.Recipe.Seed = t.seed
	w.Options = train.Options{Steps: t.steps, Progress: log}
	err = w.Train(ctx, network)
	if ctx.Err() != nil && err != nil {
		return fmt.Errorf("%w\nWhat was learned so far is in %s: run the same command again to go on", err, t.out)
	}
	return err
}

// openWorkshop reads the training pictures, or prepares to draw them, and opens the backend, which the caller closes.
func (t *training) openWorkshop(ctx context.Context) (*train.Workshop, error) {
	recipe, err := train.RecipeOf(t.dataset)
	if err != nil {
		return nil, err
	}
	set, err := openDataset(ctx, t.dataset, t.data, datasets.Train, t.world, nil)
	if err != nil {
		return nil, err
	}
	pictures, err := trainingPictures(t.dataset, set, recipe.Frame)
	if err != nil {
		return nil, err
	}
	if isWorld(t.dataset) {
		recipe.Data += ", detail " + t.world.detail
	}
	recipe.Bias, err = t.world.biases()
	if err != nil {
		return nil, err
	}
	test, err := t.testPictures(ctx, recipe.Frame)
	if err != nil {
		return nil, err
	}
	backend, err := setup.OpenBackend()
	if err != nil {
		return nil, err
	}
	return &train.Workshop{Backend: backend, Recipe: recipe, Dir: t.out, Data: pictures, Test: test}, nil
}

// testPictures are what fitted networks are judged by, without any bias.
func (t *training) testPictures(ctx context.Context, frame picture.Frame) (*train.Pictures, error) {
	set, err := openDataset(ctx, t.dataset, t.data, datasets.Test, t.world, nil)
	if err != nil {
		return nil, err
	}
	return trainingPictures(t.dataset, set, frame)
}

// trainingPictures loads a data set, or a folder ("" as the data set's name), into memory; a world's pictures are drawn as they are needed.
func trainingPictures(dataset string, set datasets.Labelled, frame picture.Frame) (*train.Pictures, error) {
	if isWorld(dataset) {
		return train.Draw(set, frame, set.Len()), nil
	}
	return train.Load(set, frame)
}
