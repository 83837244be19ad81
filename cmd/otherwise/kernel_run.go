package main

import (
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"otherwise/kernel/launch"
)

func newKernelRun() *cobra.Command {
	return &cobra.Command{
		Use:     "run CONNECTION_FILE",
		Short:   "Run a kernel; Jupyter does that",
		Long:    "Starts GoNB and an engine for the notebook that the connection file describes, and ends with them.",
		Example: "  otherwise kernel run connection.json",
		Hidden:  true,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			signal.Reset() // here SIGINT interrupts a cell: it's the launcher that handles signals from now on
			return launch.Run(args[0], launch.Options{
				Module: os.Getenv(launch.ModuleEnv),
				Tools:  os.Getenv(launch.ToolsEnv),
				Go:     os.Getenv(launch.GoEnv),
			})
		},
	}
}

func newKernelGuard() *cobra.Command {
	return &cobra.Command{
		Use:     "guard",
		Short:   "Watch a kernel's processes; kernel run starts it",
		Long:    "Reads the plan of a kernel from its standard input and leaves no process and no file of it behind.",
		Example: "  otherwise kernel guard",
		Hidden:  true,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signal.Reset() // as in kernel run
			return launch.Guard(cmd.InOrStdin(), cmd.ErrOrStderr())
		},
	}
}
