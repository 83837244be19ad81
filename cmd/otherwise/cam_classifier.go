package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/classify"
	"otherwise/classify/onnx"
	"otherwise/counterfactual"
	"otherwise/nn"
	"otherwise/setup"
	"otherwise/weights"
)

// classifierFlags name a classifier of any kind.
type classifierFlags struct {
	from, architecture, preprocess, classes string
}

const camPreprocessHelp = `An ONNX file says nothing of pre-processing:
--preprocess names imagenet (the mean and deviation that torchvision's networks take), none, or a JSON file with any of resize,
square, interpolation, crop, range, bgr, mean, std.`

func (f *classifierFlags) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.from, "classifier", "", "`FILE` (ONNX, or a checkpoint with --architecture), or the name of fetched weights or a bundle")
	complete(cmd, "classifier", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return append(fetchableModels(), bundle.Names()...), cobra.ShellCompDirectiveDefault // files too
	})
	addChoice(cmd, &f.architecture, "architecture", "of a checkpoint", classify.Architectures()...)
	flags.StringVar(&f.preprocess, "preprocess", "", "`what` an ONNX classifier's pictures go through: imagenet, none, or a JSON file")
	flags.StringVar(&f.classes, "classes", "", "names of the classes: a `SET` ("+strings.Join(classify.LabelSets(), ", ")+") or a file, a line each (default: imagenet1k for 1000)")
}

// openedClassifier is a classifier with how pictures are brought to its size.
type openedClassifier struct {
	name       string
	classifier *classify.Classifier
	picture    func(image.Image) (counterfactual.Picture, error)
}

// open finds out what kind of classifier is named, and opens it.
func (f *classifierFlags) open(backend compute.Backend) (*openedClassifier, error) {
	if f.preprocess != "" && !f.isONNX() {
		return nil, &usageError{errors.New("--preprocess goes with an ONNX file; other classifiers bring their own")}
	}
	if f.architecture != "" && f.isONNX() {
		return nil, &usageError{errors.New("--architecture goes with a checkpoint; an ONNX file brings its own")}
	}
	if f.isONNX() {
		return f.openONNX(backend)
	}
	if slices.Contains(bundle.Names(), f.from) || isFolder(f.from) {
		b, err := bundle.Open(backend, f.from)
		if err != nil {
			return nil, err
		}
		return &openedClassifier{name: b.Name, classifier: b.Models.Classifier, picture: b.Picture}, nil
	}
	path, architecture := f.from, f.architecture
	if fetched, found, err := setup.ModelPath(f.from); err == nil {
		if !found {
			return nil, fmt.Errorf("the weights of %s are not here: `otherwise models get %s` fetches them", f.from, f.from)
		}
		path, architecture = fetched, f.from
	}
	if architecture == "" {
		return nil, &usageError{fmt.Errorf("--classifier %s is no ONNX file (*.onnx), none of %s, and no bundle; for a checkpoint name its --architecture: %s",
			f.from, strings.Join(append(fetchableModels(), bundle.Names()...), ", "), strings.Join(classify.Architectures(), ", "))}
	}
	return f.openCheckpoint(backend, path, architecture)
}

func (f *classifierFlags) isONNX() bool { return strings.EqualFold(filepath.Ext(f.from), ".onnx") }

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (f *classifierFlags) openONNX(backend compute.Backend) (*openedClassifier, error) {
	var o onnx.Options
	switch f.preprocess {
	case "", "none":
	case "imagenet":
		o.Preprocessing = classify.ImageNetNormalisation()
	default:
		if err := readStrict(f.preprocess, &o.Preprocessing); err != nil {
			return nil, fmt.Errorf("--preprocess: %w", err)
		}
	}
	c, err := onnx.Open(backend, f.from, o)
	if err != nil {
		return nil, err
	}
	if c.Classes, err = f.names(len(c.Classes)); err != nil {
		return nil, err
	}
	return &openedClassifier{name: f.from, classifier: c, picture: pixelsOf(c.Network.(*onnx.Network).Pixels)}, nil
}

func (f *classifierFlags) openCheckpoint(backend compute.Backend, path, architecture string) (*openedClassifier, error) {
	model, err := classify.FromConfig(architecture, nil)
	if err != nil {
		return nil, err
	}
	network, is := model.(classify.Network)
	if !is {
		return nil, &usageError{fmt.Errorf("%s is no classifier", architecture)}
	}
	source, err := weights.OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	params, err := classify.Load(backend, model, nn.LoadOptions{Backend: backend}, source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	outputs, layers, err := classify.Describe(backend, network, model.InputSize())
	if err != nil {
		return nil, err
	}
	c := &classify.Classifier{Network: network, Params: params, CAMLayer: classify.LastWithPositions(layers), Binary: outputs == 1}
	if c.Classes, err = f.names(max(outputs, 2)); err != nil {
		return nil, err
	}
	return &openedClassifier{name: f.from, classifier: c, picture: pixelsOf(model.Pixels)}, nil
}

// pixelsOf makes pictures of what a pre-processing leaves of them.
func pixelsOf(pixels func(image.Image) ([]float32, image.Point, error)) func(image.Image) (counterfactual.Picture, error) {
	return func(img image.Image) (counterfactual.Picture, error) {
		values, size, err := pixels(img)
		return counterfactual.Picture{Height: size.Y, Width: size.X, Channels: 3, Values: values}, err
	}
}

// names are the classes' names.
func (f *classifierFlags) names(n int) ([]string, error) {
	if f.classes == "" {
		if n == 1000 {
			return classify.ImageNetClasses(), nil
		}
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprint(i)
		}
		return out, nil
	}
	out, err := classify.Labels(f.classes)
	if err != nil {
		out, err = readLines(f.classes)
	}
	if err != nil {
		return nil, fmt.Errorf("--classes: %w, and no set of labels: %s", err, strings.Join(classify.LabelSets(), ", "))
	}
	if len(out) != n {
		return nil, fmt.Errorf("--classes: %s names %d classes, the classifier has %d", f.classes, len(out), n)
	}
	return out, nil
}

// readLines reads a text file's lines, without those that are empty.
func readLines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var out []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			out = append(out, line)
		}
	}
	return out, lines.Err()
}

// readStrict reads a JSON file into a value; a field that the value doesn't have is an error.
func readStrict(path string, into any) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	d := json.NewDecoder(io.LimitReader(file, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
