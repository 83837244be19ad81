package main

import (
	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/weights"
)

// completeClass offers the classes of the bundle that the command line names.
func completeClass(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	name, err := cmd.Flags().GetString("bundle")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	stored, err := readBundle(name)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return stored.Classes, cobra.ShellCompDirectiveNoFileComp
}

// readBundle reads a bundle's description and checks its files, without a backend.
func readBundle(name string) (*weights.Bundle, error) {
	files, err := bundle.Files(name)
	if err != nil {
		return nil, err
	}
	return weights.LoadBundle(files)
}
