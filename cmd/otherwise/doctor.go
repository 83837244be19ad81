package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/datasets/fashion"
	"otherwise/kernel/install"
	"otherwise/setup"
	"otherwise/weights"
)

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		GroupID: groupSetup,
		Short:   "Tell what is there and what to do about what isn't",
		Long: `Looks at Go, the system, pip, the cache folder, the backend with its plugin and devices, memory, data sets, bundles
and notebook kernels, and prints what it found and what to do about what is missing. The exit code is 1 if something
required is missing.`,
		Example: "  otherwise doctor",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fine, err := setup.Doctor(cmd.Context(), cmd.OutOrStdout(),
				setup.Check{Name: "Fashion-MNIST", Run: checkFashion}, setup.Check{Name: "Bundles", Run: checkBundles},
				setup.Check{Name: "Notebooks", Run: checkKernels})
			if err == nil && !fine {
				err = errors.New("something required is missing: see the lines marked !! above")
			}
			return err
		},
	}
}

func checkFashion(context.Context) setup.Finding {
	cache, err := cacheDir()
	if err != nil {
		return setup.Finding{Level: setup.Note, Text: "not looked for: the cache folder comes first"}
	}
	dir, err := fashion.Find("", cache)
	if err != nil {
		return setup.Finding{Level: setup.Note, Text: "not there; the demo fetches it",
			Advice: "run `otherwise data fashion`, or name a folder with --data"}
	}
	set, err := fashion.Load(dir, fashion.Test)
	if err != nil {
		return setup.Finding{Level: setup.Note, Text: "damaged: " + err.Error(), Advice: "run `otherwise data fashion`"}
	}
	return setup.Finding{Text: fmt.Sprintf("%s, %d test pictures", dir, set.Len())}
}

func checkBundles(context.Context) setup.Finding {
	names := bundle.Names()
	if len(names) == 0 {
		return setup.Finding{Level: setup.Note, Text: "none in this program", Advice: "name a bundle's folder with --bundle"}
	}
	var found []string
	for _, name := range names {
		stored, err := readTrained(name)
		if err != nil {
			return setup.Finding{Level: setup.Missing, Text: name + ": " + err.Error(), Advice: "build this program again from a sound copy"}
		}
		hash, err := stored.Hash()
		if err != nil {
			return setup.Finding{Level: setup.Missing, Text: name + ": " + err.Error()}
		}
		found = append(found, fmt.Sprintf("%s (%d classes, SHA-256 %.12s...)", name, len(stored.Classes), hash))
	}
	return setup.Finding{Text: strings.Join(found, ", ")}
}

// readTrained reads an embedded bundle's description and checks its files.
func readTrained(name string) (*weights.Bundle, error) {
	files, err := bundle.Files(name)
	if err != nil {
		return nil, err
	}
	return weights.LoadBundle(files)
}

// checkKernels tells which notebook kernels Jupyter finds and what is wrong with them. Nothing else needs one.
func checkKernels(ctx context.Context) setup.Finding {
	kernels, err := install.List(ctx)
	if err != nil {
		return setup.Finding{Level: setup.Note, Text: err.Error()}
	}
	if len(kernels) == 0 {
		return setup.Finding{Level: setup.Note, Text: "no kernel in Jupyter's folders",
			Advice: "only notebooks need one: run `make notebook`, or `otherwise kernel install`"}
	}
	var found, broken []string
	for _, k := range kernels {
		found = append(found, fmt.Sprintf("%s (%s) in %s", k.DisplayName, k.Name, k.Folder))
		if err := k.Check(); err != nil {
			broken = append(broken, fmt.Sprintf("%s: %v", k.Name, err))
		}
	}
	finding := setup.Finding{Text: strings.Join(found, ", ")}
	if len(broken) > 0 {
		finding.Level, finding.Advice = setup.Note, strings.Join(broken, "\n")
	}
	return finding
}
