package bundle

import (
	"fmt"
	"strings"

	"otherwise/weights"
)

// Options say what of a bundle is opened.
type Options struct {
	// Hub is asked for files that aren't on this machine; nil for nobody.
	Hub Hub
	// Task is what the classes are to be about, for a bundle with classifiers of several tasks; empty is the bundle's first.
	Task string
	// Classifier names a classifier of the bundle beside its first, such as "biased"; empty is the task's own.
	Classifier string
}

// checkRecipe reports a choice among the classifiers of a recipe, which has one.
func (o Options) checkRecipe(name string) error {
	if o.Task != "" || o.Classifier != "" {
		return fmt.Errorf("bundle %s has one classifier: leave task and classifier out", name)
	}
	return nil
}

// Choose finds the classifier of a bundle that is opened with options, without loading it.
func Choose(name string, o Options) (weights.Classifier, error) {
	files, err := Files(name)
	if err != nil {
		return weights.Classifier{}, err
	}
	if files == nil {
		if err := o.checkRecipe(name); err != nil {
			return weights.Classifier{}, err
		}
		classes, err := Classes(name)
		return weights.Classifier{Classes: classes}, err
	}
	stored, err := weights.LoadBundle(files)
	if err != nil {
		return weights.Classifier{}, err
	}
	return choose(stored, o)
}

func choose(b *weights.Bundle, o Options) (weights.Classifier, error) {
	all := b.All()
	task := func(c weights.Classifier) bool { return o.Task == "" || strings.EqualFold(c.Task, o.Task) }
	for _, c := range all {
		if o.Classifier == "" && task(c) && len(c.Bias) == 0 {
			return c, nil
		}
	}
	for _, c := range all {
		if o.Classifier != "" && task(c) && c.Name == o.Classifier {
			return c, nil
		}
	}
	var legal []string
	for _, c := range all {
		words := "task " + c.Task
		if c.Task == "" {
			words = "the bundle's own task"
		}
		if c.Name != "" {
			words += fmt.Sprintf(" (%s)", c.Name)
		}
		legal = append(legal, words)
	}
	return weights.Classifier{}, fmt.Errorf("bundle %s has no classifier %q of task %q; it has %s", b.Name, o.Classifier, o.Task, strings.Join(legal, ", "))
}
