package main

import "github.com/spf13/cobra"

// newKernel holds the notebook kernel's commands. Those that only Jupyter and the kernel itself start are hidden.
func newKernel() *cobra.Command {
	cmd := family(&cobra.Command{
		Use:     "kernel",
		GroupID: groupSetup,
		Short:   "Install the notebook kernel \"Go (Otherwise)\" in Jupyter",
		Long: `Gives Jupyter a kernel for Go in which every cell can import this module at once, without a network. Cells are run by
GoNB; what they compute, an engine keeps between them.`,
		Example: "  otherwise kernel install --sys-prefix",
	}, newKernelInstall(), newKernelList(), newKernelUninstall(), newKernelEngine())
	cmd.AddCommand(newKernelRun(), newKernelGuard())
	return cmd
}
