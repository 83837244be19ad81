package main

import (
	"github.com/spf13/cobra"

	"otherwise/bundle"
)

// completeClass offers the classes of the bundle that the command line names, by itself or by a data set.
func completeClass(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	values := map[string]string{}
	for _, flag := range []string{"bundle", "dataset", "task", "classifier"} {
		if f := cmd.Flags().Lookup(flag); f != nil {
			values[flag] = f.Value.String()
		}
	}
	models := bundleFlags{name: values["bundle"], task: values["task"], classifier: values["classifier"]}.of(values["dataset"])
	chosen, err := bundle.Choose(models.name, models.options())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return chosen.Classes, cobra.ShellCompDirectiveNoFileComp
}
