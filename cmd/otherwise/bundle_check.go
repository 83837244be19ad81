package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/kernel"
)

func newBundleCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check NAME|FILE|FOLDER",
		Short: "Load a bundle and run each of its parts once",
		Long: `Finds or fetches a bundle's files, compares them with their SHA-256 where the bundle has it, loads them, runs every part
once with its gradient, and prints shapes, memory and time. The exit code is 1 if anything is wrong.`,
		Example: `  otherwise bundle check fashion
  otherwise bundle check ldce-imagenet-cls`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeBundle,
		RunE: func(cmd *cobra.Command, args []string) error {
			return checkBundle(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

func checkBundle(ctx context.Context, name string, out, progress io.Writer) error {
	if err := checkSums(ctx, name, out, progress); err != nil {
		return err
	}
	backend, err := kernel.Open()
	if err != nil {
		return err
	}
	defer backend.Finalize()
	began := time.Now()
	b, err := bundle.OpenWith(backend, name, bundle.Options{Hub: fromHub(ctx, progress)})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "loaded in %.2f s: %s\n", time.Since(began).Seconds(), b.Description)
	broken := 0
	err = b.Try(ctx, func(t bundle.Trial) {
		fmt.Fprintf(out, "%s: %s to %s\n", t.Part, t.Input, t.Output)
		if t.Parameters > 0 {
			fmt.Fprintf(out, "  %.2f million parameters in %.1f MB\n", float64(t.Parameters)/1e6, float64(t.Bytes)/1e6)
		}
		fmt.Fprintf(out, "  %.2f s with compiling, then %.3f s\n", t.First.Seconds(), t.Run.Seconds())
		if t.Broken != "" {
			fmt.Fprintf(out, "  !! %s\n", t.Broken)
			broken++
		}
	})
	if err != nil {
		return err
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err == nil {
		fmt.Fprintf(out, "peak memory of this process: %.2f GB\n", float64(usage.Maxrss)*1024/1e9)
	}
	if broken > 0 {
		return fmt.Errorf("%d parts of bundle %s are not as they should be: see the lines marked !! above", broken, name)
	}
	return nil
}

// checkSums compares a recipe's files with their checksums. A trained bundle's are compared when it is loaded.
func checkSums(ctx context.Context, name string, out, progress io.Writer) error {
	files, err := bundle.Files(name)
	if err != nil || files != nil {
		return err
	}
	r, _, folder, err := bundle.FindRecipe(name)
	if err != nil {
		return err
	}
	look, err := finder(folder)
	if err != nil {
		return err
	}
	look.Hub = fromHub(ctx, progress)
	parts := r.Parts()
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if parts[part].SHA256 == "" {
			continue
		}
		path, err := look.Find(*parts[part])
		if err == nil {
			err = parts[part].VerifySum(path)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		fmt.Fprintf(out, "%s: SHA-256 begins with %s, as it should\n", part, parts[part].SHA256)
	}
	return nil
}
