package main

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"otherwise/bundle"
)

// bundleFlags name the models to work with, and which of their classifiers.
type bundleFlags struct {
	name, task, classifier string
	loras                  []string // files of low-rank adapters, with a scale behind "=" or without
}

// addFlags gives a command the flags --bundle, --task, --classifier and --lora.
func (b *bundleFlags) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&b.name, "bundle", "", "models: the `name` of a bundle (see otherwise bundle list), a bundle's folder, or a recipe's TOML file (default: the data set's own, where it is part of the program, or "+bundle.Default+")")
	f.StringVar(&b.task, "task", "", "what the classes are about, of a bundle with several tasks, such as Young of faces (default: its first)")
	f.StringVar(&b.classifier, "classifier", "", "`name` of a classifier of the bundle beside the task's own, such as biased")
	f.StringArrayVar(&b.loras, "lora", nil, "low-rank adapter to add to the diffusion model: `FILE` as diffusers or train diffusion --lora write it, or FILE=SCALE; may be repeated")
	complete(cmd, "bundle", completeBundle)
}

// of names the bundle where none was named: that of the data set, if it is part of the program, or else the default.
func (b bundleFlags) of(dataset string) bundleFlags {
	switch {
	case b.name != "":
	case slices.Contains(bundle.Names(), dataset):
		b.name = dataset
	default:
		b.name = bundle.Default
	}
	return b
}

func (b bundleFlags) options() bundle.Options {
	return bundle.Options{Task: b.task, Classifier: b.classifier}
}

// world tells a procedural world the task of the classifier that the flags choose.
func (b bundleFlags) world() (worldFlags, error) {
	c, err := bundle.Choose(b.name, b.options())
	return worldFlags{task: c.Task}, err
}

// trainedFiles are the files of a bundle of trained networks, which a flag names; a recipe is the command line's mistake.
func trainedFiles(flag, name string) (fs.FS, error) {
	files, err := bundle.Files(name)
	if err == nil && files == nil {
		err = &usageError{fmt.Errorf("--%s %s is no bundle of trained networks: name one or its folder", flag, name)}
	}
	return files, err
}
