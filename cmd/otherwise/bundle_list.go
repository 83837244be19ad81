package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/weights"
)

func newBundleList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List all bundles that have a name",
		Long:    `Lists the bundles that are part of the program, its recipes for published weights, and those that you added.`,
		Example: "  otherwise bundle list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := bundle.Shelf()
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, kind := range []bundle.Kind{bundle.Embedded, bundle.Added, bundle.Shipped} {
				for _, name := range all[kind] {
					fmt.Fprintf(table, "%s\t%s\t%s\n", name, kind, describeBundle(name))
				}
			}
			if err := table.Flush(); err != nil {
				return err
			}
			return err
		},
	}
}

// describeBundle is a bundle's description, or what is wrong with it.
func describeBundle(name string) string {
	files, err := bundle.Files(name)
	if err == nil && files != nil {
		var stored *weights.Bundle
		if stored, err = weights.LoadBundle(files); err == nil {
			return stored.Description
		}
	}
	if err == nil {
		var r *bundle.Recipe
		if r, _, _, err = bundle.FindRecipe(name); err == nil {
			return r.Description
		}
	}
	return "broken: " + err.Error()
}
