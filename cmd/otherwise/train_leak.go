package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/setup"
	"otherwise/train"
)

// leakage is what `otherwise train leak` is told.
type leakage struct {
	from, dataset, data, pictures, out string
	world                              worldFlags
}

func newTrainLeak() *cobra.Command {
	var l leakage
	cmd := &cobra.Command{
		Use:   "leak",
		Short: "Measure what pictures drawn from noise start with",
		Long: `Measures the signal leak of a bundle's diffusion model and writes the bundle anew with it. A noise schedule leaves some percent of
a training picture's latent in its last timestep, from which the model reads the colours of sky and ground; drawn from noise
alone, pictures get middling ones too often. The leak is how latents averaged over a grid of cells are distributed: "samples" and
"train report" then start from noise and a leak that is drawn. Methods that start from a picture's latent don't need it.`,
		Example: `  otherwise train leak --from models/savanna/bundle --dataset savanna --out models/savanna/bundle
  otherwise train leak --from out/negatives --pictures negatives --out out/negatives`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return l.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&l.from, "from", "", "the `name` of a bundle of trained networks, or its folder")
	complete(cmd, "from", completeBundle)
	addDataset(cmd, &l.dataset)
	f.StringVar(&l.pictures, "pictures", "", "`folder` of pictures that the model was trained on, instead of a data set")
	f.StringVar(&l.data, "data", "", dataFlag)
	l.world.addDetail(cmd)
	f.StringVar(&l.out, "out", "", "`folder` for the bundle")
	required(cmd, "from", "out")
	cmd.MarkFlagsOneRequired("dataset", "pictures")
	cmd.MarkFlagsMutuallyExclusive("dataset", "pictures")
	return cmd
}

func (l *leakage) run(ctx context.Context, out io.Writer) error {
	if err := checkFolder(l.out); err != nil {
		return err
	}
	files, err := trainedFiles("from", l.from)
	if err != nil {
		return err
	}
	backend, err := setup.OpenBackend()
	if err != nil {
		return err
	}
	defer backend.Finalize()
	b, err := bundle.Open(backend, l.from)
	if err != nil {
		return err
	}
	set, err := openPictures(ctx, l.dataset, l.data, l.pictures, l.world)
	if err != nil {
		return err
	}
	data, err := trainingPictures(l.dataset, set, b.Frame)
	if err != nil {
		return err
	}
	how := "otherwise train leak --pictures " + filepath.Base(l.pictures)
	if l.dataset != "" {
		how = "otherwise train leak --dataset " + l.dataset
	}
	leak, err := train.AddLeak(ctx, b, data, files, l.out, how)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The bundle in %s starts samples with a leak of %dx%d cells of %d channels.\n", l.out, leak.Side, leak.Side, leak.Channels)
	return err
}
