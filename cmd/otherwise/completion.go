package main

import (
	"github.com/spf13/cobra"

	"otherwise/bundle"
)

// completeClass offers the classes of the bundle that the command line names.
func completeClass(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	name, err := cmd.Flags().GetString("bundle")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	classes, err := bundle.Classes(name)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return classes, cobra.ShellCompDirectiveNoFileComp
}
