package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/datasets"
	"otherwise/datasets/faces"
	"otherwise/datasets/fashion"
	"otherwise/datasets/savanna"
	"otherwise/train"
)

// worldSeed is the seed of the worlds that models are fitted to and judged by.
const worldSeed = 1

// datasetNames lists what --dataset takes.
func datasetNames() []string { return train.Recipes() }

// addDataset gives a command the flag --dataset. value holds the default.
func addDataset(cmd *cobra.Command, value *string) {
	addChoice(cmd, value, "dataset", "data set", datasetNames()...)
}

// worldFlags are what a procedural world is told.
type worldFlags struct {
	detail, task string
	bias         []string
}

// addFlagsOf gives a command the flags of one world.
func (w *worldFlags) addFlagsOf(cmd *cobra.Command, name string) {
	w.addBias(cmd)
	if name == "savanna" {
		w.addDetail(cmd)
		return
	}
	w.addTask(cmd)
}

func (w *worldFlags) addTask(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.task, "task", faces.DefaultTask, "attribute of faces that is the class: "+strings.Join(faces.Attributes(), ", "))
}

func (w *worldFlags) addDetail(cmd *cobra.Command) {
	w.detail = savanna.Simple.String()
	addChoice(cmd, &w.detail, "detail", "how much the savanna shows beside the animal", savanna.Bare.String(), savanna.Simple.String(), savanna.Rich.String())
}

func (w *worldFlags) addBias(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&w.bias, "bias", nil,
		"plant a bias in the training pictures of a procedural world: `FACTOR=VALUE:CLASS:STRENGTH`, for example land=sand:zebra:0.95; may be repeated")
}

func (w *worldFlags) biases() ([]datasets.Bias, error) {
	var biases []datasets.Bias
	for _, text := range w.bias {
		b, err := datasets.ParseBias(text)
		if err != nil {
			return nil, &usageError{err}
		}
		biases = append(biases, b)
	}
	return biases, nil
}

// open makes a split of a procedural world.
func (w *worldFlags) open(name string, split datasets.Split, seed uint64) (datasets.World, error) {
	biases, err := w.biases()
	if err != nil {
		return nil, err
	}
	if name == "savanna" {
		o := savanna.Options{Bias: biases}
		if w.detail != "" {
			if err := o.Detail.UnmarshalText([]byte(w.detail)); err != nil {
				return nil, err
			}
		}
		return savanna.New(split, seed, o)
	}
	if name == "faces" {
		return faces.New(split, seed, faces.Options{Task: w.task, Bias: biases})
	}
	return nil, fmt.Errorf("no world %q; legal are savanna and faces", name)
}

// words tells what was asked of a world, where it isn't the default.
func (w *worldFlags) words(name string) string {
	text := ""
	if name == "savanna" {
		text += ", detail " + w.detail
	} else {
		text += ", task " + w.task
	}
	for _, b := range w.bias {
		text += ", bias " + b
	}
	return text
}

// worldNames lists the data sets that are drawn rather than read.
func worldNames() []string { return []string{"savanna", "faces"} }

func isWorld(name string) bool { return slices.Contains(worldNames(), name) }

// openDataset opens a split of a data set: a procedural world, or Fashion-MNIST from a folder; see [openFashion].
func openDataset(ctx context.Context, name, data string, split datasets.Split, w worldFlags, fetchLog io.Writer) (datasets.Labelled, error) {
	if isWorld(name) {
		if data != "" {
			return nil, &usageError{fmt.Errorf("--data is %s, but the pictures of %s are drawn, not read; leave it out", data, name)}
		}
		return w.open(name, split, worldSeed)
	}
	if len(w.bias) > 0 {
		return nil, &usageError{fmt.Errorf("--bias is for procedural worlds; Fashion-MNIST is what it is")}
	}
	return openFashion(ctx, data, fashion.Split(split), fetchLog)
}
