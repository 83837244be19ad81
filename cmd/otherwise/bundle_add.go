package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/bundle"
)

func newBundleAdd() *cobra.Command {
	var name string
	var places []string
	cmd := &cobra.Command{
		Use:   "add RECIPE",
		Short: "Keep a recipe under a name, with the places of your files in it",
		Long: `Takes a recipe, a TOML file of yours or one of this program's by name, and keeps it for --bundle NAME. --weights says where
a part's file or folder is on this machine; "otherwise bundle show" lists the parts.`,
		Example: `  otherwise bundle add my-flowers.toml
  otherwise bundle add eced-imagenet-vgg16 --name vgg --weights diffusion=~/models/sd15 --weights classifier=~/models/vgg16.pth`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeBundle,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, _, folder, err := bundle.FindRecipe(args[0])
			if err != nil {
				return err
			}
			if err := place(r, folder, places); err != nil {
				return err
			}
			if name != "" {
				r.Name = name
			}
			file, err := bundle.Keep(r)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is kept in %s; otherwise bundle check %s tries it\n", r.Name, file, r.Name)
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the bundle's `NAME`; the recipe's own")
	cmd.Flags().StringArrayVar(&places, "weights", nil, "`PART=PATH` of a file or folder of yours; may be given several times")
	return cmd
}

// place puts the user's paths into a recipe, and makes those that begin at its folder absolute: it is to be kept elsewhere.
func place(r *bundle.Recipe, folder string, places []string) error {
	parts := r.Parts()
	for _, given := range places {
		name, path, ok := strings.Cut(given, "=")
		part := parts[name]
		if !ok || part == nil || path == "" {
			return &usageError{fmt.Errorf("--weights: %q; want PART=PATH, where the parts of %s are %s", given, r.Name,
				strings.Join(slices.Sorted(maps.Keys(parts)), ", "))}
		}
		full, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		part.Weights, part.SHA256, part.From = full, "", ""
	}
	if folder == "" {
		return nil
	}
	return r.MakeAbsolute(folder)
}
