package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"otherwise/kernel/install"
)

func newKernelInstall() *cobra.Command {
	var opts install.Options
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install the kernel",
		Long: `Builds GoNB, goimports and gopls in their pinned versions into the cache folder, which takes minutes and needs the network
the first time, and writes the kernelspec into the user's Jupyter folder, or where a flag says. GOMLX_BACKEND and
OTHERWISE_CACHE are remembered when they are set. The checkout around the working folder is what cells import.`,
		Example: `  otherwise kernel install
  otherwise kernel install --sys-prefix
  otherwise kernel install --prefix /opt/jupyter --name go-gpu --display-name Go-on-GPU`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.Log = cmd.OutOrStdout()
			_, err := install.Install(cmd.Context(), opts)
			return err
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&opts.Place.User, "user", false, "install for this user (the default)")
	flags.StringVar(&opts.Place.Prefix, "prefix", "", "install into `DIR`/share/jupyter")
	flags.BoolVar(&opts.Place.SysPrefix, "sys-prefix", false, "install into the active Python environment")
	cmd.MarkFlagsMutuallyExclusive("user", "prefix", "sys-prefix")
	flags.StringVar(&opts.Name, "name", install.DefaultName, "name of the kernel's folder")
	flags.StringVar(&opts.DisplayName, "display-name", install.DefaultDisplayName, "what Jupyter shows")
	flags.StringVar(&opts.Module, "module", "", "checkout that cells import (default: the one around the working folder)")
	return cmd
}

func newKernelList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List installed kernels, and what is wrong with them",
		Long: `Lists the kernels of this project that Jupyter finds, each with its kernelspec's folder and the checkout that its cells
import. A kernel that can't start is an error that says why.`,
		Example: "  otherwise kernel list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kernels, err := install.List(cmd.Context())
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if len(kernels) == 0 {
				fmt.Fprintln(out, "No kernel is installed: run `otherwise kernel install`.")
			}
			var broken error
			for _, k := range kernels {
				fmt.Fprintf(out, "%s (%s)\n  kernelspec  %s\n  module      %s\n", k.Name, k.DisplayName, k.Folder, k.Module)
				if err := k.Check(); err != nil {
					broken = errors.Join(broken, fmt.Errorf("kernel %s: %w", k.Name, err))
				}
			}
			return broken
		},
	}
}

func newKernelUninstall() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Remove the kernel from Jupyter",
		Long:  "Deletes the kernelspecs of that name that this project wrote, wherever Jupyter finds one. What was built stays in the cache folder.",
		Example: `  otherwise kernel uninstall
  otherwise kernel uninstall --name go-gpu`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			removed, err := install.Uninstall(cmd.Context(), name)
			for _, folder := range removed {
				fmt.Fprintf(cmd.OutOrStdout(), "Removed %s.\n", folder)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", install.DefaultName, "name of the kernel's folder")
	return cmd
}
