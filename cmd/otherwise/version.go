package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: groupSetup,
		Short:   "Print the program's version and what it was built with",
		Long:    "Prints the version and revision of the program, Go's version and those of the libraries that compute.",
		Example: "  otherwise version",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return fmt.Errorf("this program was built without module information")
			}
			printVersion(cmd.OutOrStdout(), info)
			return nil
		},
	}
}

// buildVersion is the program's version as results note it.
func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// computing lists the modules whose versions decide what a number comes out as.
var computing = []string{"github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla"}

func printVersion(w io.Writer, info *debug.BuildInfo) {
	fmt.Fprintln(w, "otherwise", info.Main.Version)
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			fmt.Fprintln(w, "revision", s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			fmt.Fprintln(w, "with changes that are not committed")
		}
	}
	fmt.Fprintln(w, info.GoVersion)
	for _, dep := range info.Deps {
		if slices.Contains(computing, dep.Path) {
			fmt.Fprintln(w, dep.Path, dep.Version)
		}
	}
}
