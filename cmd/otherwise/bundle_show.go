package main

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/weights"
)

func newBundleShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME|FILE|FOLDER",
		Short: "Print what a bundle consists of",
		Long: `Prints a bundle's parts, classes, options, sources and licences, and whether the files that it needs are on this
machine. It loads nothing.`,
		Example: `  otherwise bundle show fashion
  otherwise bundle show ldce-imagenet-cls`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeBundle,
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := bundle.Files(args[0])
			if err != nil {
				return err
			}
			if files != nil {
				return showTrained(cmd.OutOrStdout(), files)
			}
			return showRecipe(cmd.OutOrStdout(), args[0])
		},
	}
}

func showTrained(w io.Writer, files fs.FS) error {
	b, err := weights.LoadBundle(files)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "name\t%s\nabout\t%s\nimage\t%dx%d, %d channels\n", b.Name, b.Description, b.Image.Width, b.Image.Height, b.Image.Channels)
	if b.Task != "" {
		fmt.Fprintf(t, "task\t%s\n", b.Task)
	}
	showClasses(t, b.Classes)
	for _, c := range b.Classifiers {
		fmt.Fprintf(t, "--classifier %s\ttask %s: %s", c.Name, c.Task, strings.Join(c.Classes, ", "))
		for _, bias := range c.Bias {
			fmt.Fprintf(t, "; fitted with the bias %s", bias)
		}
		fmt.Fprintln(t)
	}
	for _, name := range slices.Sorted(maps.Keys(b.Networks)) {
		n := b.Networks[name]
		fmt.Fprintf(t, "%s\t%s, %s, %.2f MB\n", name, n.Architecture, n.File, float64(n.Size)/1e6)
	}
	for _, name := range slices.Sorted(maps.Keys(b.Methods)) {
		fmt.Fprintf(t, "%s\t%s\n", name, strings.Join(strings.Fields(string(b.Methods[name])), " "))
	}
	for _, name := range slices.Sorted(maps.Keys(b.Provenance)) {
		fmt.Fprintf(t, "%s\t%s\n", name, b.Provenance[name])
	}
	return t.Flush()
}

func showRecipe(w io.Writer, name string) error {
	r, text, folder, err := bundle.FindRecipe(name)
	if err != nil {
		return err
	}
	classes, err := bundle.Classes(name)
	if err != nil {
		return err
	}
	look, err := finder(folder)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "name\t%s\nabout\t%s\n", r.Name, r.Description)
	if r.Paper != "" {
		fmt.Fprintf(t, "paper\t%s\n", r.Paper)
	}
	fmt.Fprintf(t, "image\t%dx%d, 3 channels\n", r.Image.Width, r.Image.Height)
	showClasses(t, classes)
	parts := r.Parts()
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		fmt.Fprintf(t, "%s\t%s\n\t%s\n", part, parts[part].Weights, found(look, *parts[part]))
		if parts[part].Licence != "" {
			fmt.Fprintf(t, "\tlicence: %s\n", parts[part].Licence)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s", text)
	return err
}

// showClasses prints the number of classes and the first of them.
func showClasses(w io.Writer, classes []string) {
	shown, more := classes, ""
	if len(shown) > 12 {
		shown, more = shown[:6], ", ..."
	}
	fmt.Fprintf(w, "classes\t%d: %s%s\n", len(classes), strings.Join(shown, ", "), more)
}
