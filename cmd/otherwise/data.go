package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"otherwise/datasets/fashion"
)

// dataFlag describes --data wherever it stands.
const dataFlag = "folder with the data set's four .gz files (default: the cache folder, then Debian's package)"

func newData() *cobra.Command {
	return family(&cobra.Command{
		Use:     "data",
		GroupID: groupSetup,
		Short:   "Fetch or draw a data set",
		Long: `Puts Fashion-MNIST into the cache folder, where every command finds it, or draws pictures of a procedural world, whose
true counterfactuals are known, into a folder. Commands draw the worlds by themselves: --dataset savanna needs no files.`,
		Example: `  otherwise data fashion
  otherwise data savanna --count 100 --out out/savanna`,
	}, newDataFashion(), newDataWorld("savanna", "animals of six kinds"), newDataWorld("faces", "portraits"))
}

func newDataFashion() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "fashion",
		Short: "Fetch Fashion-MNIST",
		Long: `Fetches Fashion-MNIST (Debian's package dataset-fashion-mnist) with apt-get download, without root, verifies it by
SHA-256 and puts its four files into the cache folder. Where there is no apt it says what to download. With --data it
only checks that the files in that folder can be read.`,
		Example: `  otherwise data fashion
  otherwise data fashion --data ~/fashion-mnist`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dataFashion(cmd.Context(), data, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "check this folder instead of fetching")
	return cmd
}

func dataFashion(ctx context.Context, data string, out io.Writer) error {
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	dir := data
	if data == "" {
		dir, err = fashion.Fetch(ctx, cache, fashion.FetchOptions{Log: out})
	} else {
		dir, err = fashion.Find(data, cache)
	}
	if err != nil {
		return err
	}
	for _, split := range []fashion.Split{fashion.Train, fashion.Test} {
		set, err := fashion.Load(dir, split)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d %s pictures\n", dir, set.Len(), split)
	}
	return nil
}

// openFashion reads a split from the folder that the user named, else from where it is found. Where it isn't, it is
// fetched if fetchLog isn't nil.
func openFashion(ctx context.Context, data string, split fashion.Split, fetchLog io.Writer) (*fashion.Set, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := fashion.Find(data, cache)
	if err != nil && data == "" && fetchLog != nil {
		dir, err = fashion.Fetch(ctx, cache, fashion.FetchOptions{Log: fetchLog})
	}
	if err != nil {
		return nil, err
	}
	return fashion.Load(dir, split)
}
