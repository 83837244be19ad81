package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot builds the whole command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "otherwise",
		Short: "Show the nearest plausible picture that a classifier decides otherwise",
		Long: `Otherwise explains a picture classifier's decision by a counterfactual: the nearest plausible picture that the
classifier gives another class. It is about two methods, both guided by a diffusion model: LDCE, which steers the whole
picture where classifier and diffusion model agree, and ECED, which changes only what lies inside a mask. Others are
there to compare them with ("otherwise explain --help" lists them).

Exit codes: 0 done (for explain: and the class flipped), 1 an error, 2 a mistake in the command line, 3 an explanation
that ended without a counterfactual, 130 interrupted.`,
		Example: `  otherwise setup
  otherwise demo --out out/demo
  otherwise explain --method ldce --dataset fashion --index 0 --target sneaker --out out/boot`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddGroup(
		&cobra.Group{ID: groupExplain, Title: "Explain:"},
		&cobra.Group{ID: groupModels, Title: "Make and judge models:"},
		&cobra.Group{ID: groupSetup, Title: "Set up:"},
	)
	root.AddCommand(
		newExplain(), newDiagnose(), newClassify(), newCAM(), newDemo(),
		newBundle(), newTrain(), newQuality(), newSamples(), newEvaluate(),
		newSetup(), newKernel(), newDoctor(), newVerify(), newData(), newModels(), newVersion(),
	)
	return root
}

const (
	groupExplain = "explain"
	groupModels  = "models"
	groupSetup   = "setup"
)

// family makes a command that only holds others. Without one of them, or with an unknown one, it says which there are.
func family(cmd *cobra.Command, members ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(members...)
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name()
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s what? Legal are %s", cmd.Name(), strings.Join(names, ", "))
		}
		return fmt.Errorf("can't %s %q: legal are %s", cmd.Name(), args[0], strings.Join(names, ", "))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() } // makes cobra ask Args
	return cmd
}
