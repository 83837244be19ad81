package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/folder"
	"otherwise/target"
)

// targetFlags say which class a picture is to be turned into.
type targetFlags struct {
	target, pictures, encoder string
	among                     int
}

const targetHelp = `Instead of a class, --target takes a way to choose one:
  second       the class that the classifier finds second most likely
  opposite     the other one of two classes
  wordnet      one of the nearest of ImageNet's classes in WordNet's hierarchy (LDCE)
  features     one of the classes of the most similar pictures, by the cosine of --encoder's features (LDCE)
  class-means  the same with each class's mean features
The last three choose among the --target-among nearest classes by the seed. --target-pictures are the pictures compared with.`

func (f *targetFlags) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.target, "target", "", "`class` to reach, its name or number, or a way to choose one: "+strings.Join(target.Strategies(), ", "))
	complete(cmd, "target", func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		classes, directive := completeClass(cmd, args, typed)
		return append(classes, target.Strategies()...), directive
	})
	flags.IntVar(&f.among, "target-among", 5, "how many nearest classes to choose among at random; 1 takes the nearest")
	flags.StringVar(&f.pictures, "target-pictures", "", "`set` of pictures that features are compared with: a data set, or a folder with a sub-folder for each class")
	addEncoder(cmd, &f.encoder)
}

// words tells what was asked for, for a record of a run.
func (f *targetFlags) words() string {
	if f.target == "" {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s among %d %s", f.target, f.among, f.pictures))
}

// chooser gives the target of a picture of which the classifier says probabilities.
type chooser func(ctx context.Context, p counterfactual.Picture, probabilities []float64, seed uint64) (int, error)

// chooser prepares what --target asks for: a class for all, or a strategy. own are the pictures compared with where --target-pictures
// names none; nil: there are none.
func (f *targetFlags) chooser(ctx context.Context, b *bench, own datasets.Labelled) (chooser, error) {
	if !slices.Contains(target.Strategies(), f.target) || slices.Contains(b.Classes, f.target) {
		class, err := b.class(f.target)
		return func(context.Context, counterfactual.Picture, []float64, uint64) (int, error) { return class, nil }, err
	}
	if f.among < 1 {
		return nil, &usageError{fmt.Errorf("--target-among is %d; legal is 1 or more", f.among)}
	}
	o := target.Options{Among: f.among}
	if f.target == target.Features || f.target == target.ClassMeans {
		if err := f.reference(ctx, b, own, &o); err != nil {
			return nil, err
		}
	}
	s, err := target.New(ctx, f.target, b.Classes, o)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--%w", err)}
	}
	return s.Select, nil
}

// maxReference is how many pictures of a data set features are compared with: the first of each class.
const maxReference = 1000

// reference reads the pictures that features are compared with.
func (f *targetFlags) reference(ctx context.Context, b *bench, own datasets.Labelled, o *target.Options) error {
	set := own
	switch {
	case slices.Contains(datasetNames(), f.pictures):
		var err error
		if set, err = openDataset(ctx, f.pictures, "", datasets.Train, worldFlags{task: b.Task}, nil); err != nil {
			return err
		}
	case f.pictures != "":
		var err error
		if set, err = folder.Open(f.pictures); err != nil {
			return err
		}
	case set == nil:
		return &usageError{fmt.Errorf("--target %s compares with pictures: name them with --target-pictures", f.target)}
	}
	var err error
	if o.Embedder, _, err = b.embedder(f.encoder); err != nil {
		return err
	}
	classes, err := sameClasses(set.Classes(), b.Classes)
	if err != nil {
		return fmt.Errorf("--target-pictures %s: %w", set.Name(), err)
	}
	labels := make([]int, set.Len())
	for i := range labels {
		labels[i] = set.Label(i)
	}
	for _, i := range firstOfEachClass(labels, maxReference) {
		sample, err := set.Sample(i)
		if err != nil {
			return err
		}
		p, err := b.Picture(sample.Image)
		if err != nil {
			return fmt.Errorf("%s: %w", sample.ID, err)
		}
		o.Reference, o.Labels = append(o.Reference, p), append(o.Labels, classes[sample.Label])
	}
	return nil
}

// sameClasses finds each class of a data set among a bundle's.
func sameClasses(of, among []string) ([]int, error) {
	if len(of) == 0 {
		return nil, fmt.Errorf("the pictures have no classes: a sub-folder for each is wanted")
	}
	all := make([]int, len(of))
	for i, name := range of {
		var err error
		if all[i], err = datasets.ClassByName(name, among); err != nil {
			return nil, err
		}
	}
	return all, nil
}
