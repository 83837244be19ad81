package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/datasets"
	"otherwise/train"
)

func newQuality() *cobra.Command {
	var q qualityFlags
	cmd := &cobra.Command{
		Use:     "quality",
		GroupID: groupModels,
		Short:   "Measure a bundle's networks on test pictures",
		Long: `Measures on the data set's test pictures how well a bundle's autoencoder gives pictures back (the peak signal-to-noise
ratio inside the margin, in decibels, and the structural similarity, means over pictures) and how often classifier and judge are right. What the
diffusion model draws is measured by "otherwise samples", the methods by "otherwise evaluate".`,
		Example: `  otherwise quality --dataset fashion
  otherwise quality --dataset fashion --bundle models/fashion/bundle --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return q.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	q.dataset = bundle.Default
	q.models.addFlags(cmd)
	addDataset(cmd, &q.dataset)
	cmd.Flags().StringVar(&q.data, "data", "", dataFlag)
	cmd.Flags().BoolVar(&q.asJSON, "json", false, "print JSON")
	return cmd
}

// worldQuality is how many pictures of a world's test split are judged by.
const worldQuality = 2000

type qualityFlags struct {
	models        bundleFlags
	dataset, data string
	asJSON        bool
}

func (q *qualityFlags) run(ctx context.Context, out io.Writer) error {
	models := q.models.of(q.dataset)
	w, err := models.world()
	if err != nil {
		return err
	}
	set, err := openDataset(ctx, q.dataset, q.data, datasets.Test, w, nil)
	if err != nil {
		return err
	}
	b, err := openBench(ctx, models)
	if err != nil {
		return err
	}
	defer b.close()
	pictures, err := trainingPictures(q.dataset, set, b.Frame)
	if err != nil {
		return err
	}
	if pictures.Drawn() {
		pictures = pictures.First(worldQuality)
	}
	measured, err := train.Measure(ctx, b.Bundle, pictures)
	if err != nil {
		return err
	}
	if measured.Pictures == 0 {
		return fmt.Errorf("%d test pictures are too few to measure on: they are taken by the hundred", set.Len())
	}
	if q.asJSON {
		text, err := json.MarshalIndent(measured, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n", text)
		return err
	}
	fmt.Fprintf(out, "bundle %s, %d test pictures\n", b.Name, measured.Pictures)
	fmt.Fprintf(out, "reconstruction PSNR   %.2f dB\n", measured.PSNR)
	fmt.Fprintf(out, "reconstruction SSIM   %.4f\n", measured.SSIM)
	if measured.SubjectPSNR != nil {
		fmt.Fprintf(out, "PSNR of the subjects  %.2f dB\n", *measured.SubjectPSNR)
	}
	fmt.Fprintf(out, "classifier accuracy   %.4f\n", measured.ClassifierAccuracy)
	if b.judge != nil {
		fmt.Fprintf(out, "judge accuracy        %.4f\n", measured.JudgeAccuracy)
	}
	return nil
}
