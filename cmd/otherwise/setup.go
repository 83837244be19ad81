package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"otherwise/setup"
)

func newSetup() *cobra.Command {
	var opts setup.Options
	cmd := &cobra.Command{
		Use:     "setup",
		GroupID: groupSetup,
		Short:   "Fetch the XLA plugin that all computing needs",
		Long: `Puts the XLA plugin into the cache folder, with your own pip, version and SHA-256 pinned, and does nothing when it is
there. GOMLX_BACKEND, when it is set, wins. OTHERWISE_CACHE moves the cache folder. Two set-ups at once are safe.`,
		Example: `  otherwise setup
  otherwise setup --gpu`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.Log = cmd.OutOrStdout()
			_, err := setup.Setup(cmd.Context(), opts)
			return err
		},
	}
	cmd.Flags().BoolVar(&opts.GPU, "gpu", false, "fetch the CUDA plugin and NVIDIA's libraries as well")
	return cmd
}

// cacheDir is the folder of everything that can be fetched again.
func cacheDir() (string, error) {
	dir, err := setup.CacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder: %w", err)
	}
	return dir, nil
}
