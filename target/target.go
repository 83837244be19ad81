package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/metrics"
	"otherwise/nn"
)

// The ways to choose a target class. The picture's own class is always the one that the classifier predicts.
const (
	// Second is the class that the classifier finds second most likely.
	Second = "second"
	// Opposite is the other one of two classes.
	Opposite = "opposite"
	// WordNet is one of the classes of ImageNet that are nearest in WordNet's hierarchy.
	WordNet = "wordnet"
	// Features is one of the classes of the most similar pictures: the pictures are walked from the most similar one on, until
	// [Options.Among] distinct other classes were met. Similarity is the cosine of features.
	Features = "features"
	// ClassMeans is one of the classes whose pictures' mean features are most similar to the picture's.
	ClassMeans = "class-means"
)

// Strategies lists the ways to choose.
func Strategies() []string { return []string{Second, Opposite, WordNet, Features, ClassMeans} }

// Options are the settings of a [Selector].
type Options struct {
	// Among is how many nearest classes WordNet, Features and ClassMeans choose among, at random by the seed: 5, as in LDCE's public
	// code (its text: 4), or all others where there are fewer. 1 takes the nearest.
	Among int
	// Embedder gives the features that Features and ClassMeans compare, and Reference the pictures with whose features a picture's are
	// compared; Labels are their classes.
	Embedder  *counterfactual.Embedder
	Reference []counterfactual.Picture
	Labels    []int
}

// Selector chooses target classes.
type Selector struct {
	strategy string
	classes  int
	options  Options
	features *mat.Dense // of the reference's pictures, or of classes
	labels   []int
}

// New prepares a way to choose among a classifier's classes. What the way needs and isn't there is an error that says what to do;
// features of the reference are computed here.
func New(ctx context.Context, strategy string, classes []string, o Options) (*Selector, error) {
	s := &Selector{strategy: strategy, classes: len(classes), options: o}
	s.options.Among = min(cmp.Or(o.Among, 5), len(classes)-1)
	if s.options.Among < 1 {
		return nil, fmt.Errorf("target %s among %d nearest of %d classes: it takes two classes, and one to choose", strategy, o.Among, len(classes))
	}
	switch strategy {
	case Second:
	case Opposite:
		if len(classes) != 2 {
			return nil, fmt.Errorf("target %s: there are %d classes, only one of two has an opposite; others are %s", Opposite, len(classes), others(Opposite))
		}
	case WordNet:
		if !slices.Equal(classes, classify.ImageNetClasses()) {
			return nil, fmt.Errorf("target %s: WordNet's hierarchy is known for ImageNet's 1000 classes, not for these (%s, ...); others are %s",
				WordNet, classes[0], others(WordNet))
		}
	case Features, ClassMeans:
		if err := s.embed(ctx); err != nil {
			return nil, fmt.Errorf("target %s: %w", strategy, err)
		}
	default:
		return nil, fmt.Errorf("there is no target strategy %q; legal are %s", strategy, strings.Join(Strategies(), ", "))
	}
	return s, nil
}

func others(than string) string {
	return strings.Join(slices.DeleteFunc(Strategies(), func(s string) bool { return s == than }), ", ")
}

// embed computes the features that pictures are compared with.
func (s *Selector) embed(ctx context.Context) error {
	o := s.options
	switch {
	case o.Embedder == nil:
		return errors.New("it needs an encoder that gives features")
	case len(o.Reference) == 0 || len(o.Labels) != len(o.Reference):
		return fmt.Errorf("it needs pictures to compare with, and their classes; there are %d pictures with %d labels", len(o.Reference), len(o.Labels))
	}
	for i, label := range o.Labels {
		if label < 0 || label >= s.classes {
			return fmt.Errorf("picture %d to compare with is of class %d; there are %d classes", i, label, s.classes)
		}
	}
	var err error
	if s.features, err = o.Embedder.Features(ctx, o.Reference); err != nil {
		return err
	}
	if s.labels = o.Labels; s.strategy == ClassMeans {
		s.features, s.labels = classMeans(s.features, o.Labels)
	}
	return nil
}

// classMeans are the mean features of each class that has pictures.
func classMeans(features *mat.Dense, labels []int) (means *mat.Dense, classes []int) {
	_, width := features.Dims()
	counts := map[int]float64{}
	for _, label := range labels {
		counts[label]++
	}
	for label := range counts {
		classes = append(classes, label)
	}
	slices.Sort(classes)
	means = mat.NewDense(len(classes), width, nil)
	for i, label := range labels {
		at, _ := slices.BinarySearch(classes, label)
		for j, v := range features.RawRowView(i) {
			means.Set(at, j, means.At(at, j)+v/counts[label])
		}
	}
	return means, classes
}

// Candidates are the classes that a picture, of which the classifier says probabilities, may be turned into: the nearest first. It is
// one class for Second and Opposite.
func (s *Selector) Candidates(ctx context.Context, picture counterfactual.Picture, probabilities []float64) ([]int, error) {
	if len(probabilities) != s.classes {
		return nil, fmt.Errorf("target %s: %d probabilities for %d classes", s.strategy, len(probabilities), s.classes)
	}
	own := counterfactual.ArgMax(probabilities)
	switch s.strategy {
	case Opposite:
		return []int{1 - own}, nil
	case WordNet:
		return classify.WordNetNeighbours(own, s.options.Among)
	case Features, ClassMeans:
		features, err := s.options.Embedder.Features(ctx, []counterfactual.Picture{picture})
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", s.strategy, err)
		}
		closest, err := metrics.ClosestTo(features.RawRowView(0), own, s.features, s.labels, s.options.Among)
		if err == nil && len(closest) == 0 {
			err = errors.New("the pictures to compare with are all of the picture's own class")
		}
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", s.strategy, err)
		}
		return closest, nil
	}
	return []int{counterfactual.RunnerUp(probabilities)}, nil
}

// Select chooses one of the [Selector.Candidates], by the seed. The same seed gives the same class, whatever else is chosen beside it.
func (s *Selector) Select(ctx context.Context, picture counterfactual.Picture, probabilities []float64, seed uint64) (int, error) {
	candidates, err := s.Candidates(ctx, picture, probabilities)
	if err != nil {
		return 0, err
	}
	return candidates[nn.Stream(seed, "target").IntN(len(candidates))], nil
}
