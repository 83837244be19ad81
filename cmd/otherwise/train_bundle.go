package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"otherwise/train"
)

func newTrainBundle() *cobra.Command {
	var dataset, from, out string
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Put the trained networks together",
		Long: `Puts the networks that the other training commands left in a folder together to a bundle: a folder that --bundle
takes anywhere, with the networks in float16 and a note of how they were made.`,
		Example: "  otherwise train bundle --dataset fashion --from models/fashion --out models/fashion/bundle",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return trainBundle(cmd.Context(), dataset, from, out, cmd.OutOrStdout())
		},
	}
	addDataset(cmd, &dataset)
	cmd.Flags().StringVar(&from, "from", "", "`folder` with the trained networks")
	cmd.Flags().StringVar(&out, "out", "", "`folder` for the bundle")
	required(cmd, "dataset", "from", "out")
	return cmd
}

func trainBundle(ctx context.Context, dataset, from, out string, log io.Writer) error {
	if err := checkFolder(out); err != nil {
		return err
	}
	recipe, err := train.RecipeOf(dataset)
	if err != nil {
		return err
	}
	w := &train.Workshop{Recipe: recipe, Dir: from}
	if err := w.Assemble(ctx, out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(log, "The bundle is in %s: try otherwise classify --bundle %s\n", out, out)
	return err
}
