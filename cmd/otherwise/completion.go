package main

import (
	"github.com/spf13/cobra"

	"otherwise/bundle"
)

// completeClass offers the classes of the bundle that the command line names.
func completeClass(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	values := map[string]string{}
	for _, flag := range []string{"bundle", "task", "classifier"} {
		value, err := cmd.Flags().GetString(flag)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		values[flag] = value
	}
	chosen, err := bundle.Choose(values["bundle"], bundle.Options{Task: values["task"], Classifier: values["classifier"]})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return chosen.Classes, cobra.ShellCompDirectiveNoFileComp
}
