package main

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/kernel"
	"otherwise/viz"
)

func newCAM() *cobra.Command {
	var c camFlags
	cmd := &cobra.Command{
		Use:     "cam",
		GroupID: groupExplain,
		Short:   "Show which part of a photograph speaks for a class",
		Long: `Makes a class activation map of a photograph with any classifier, and writes it into a folder: original.png (as the
classifier sees it: resized and cropped), activation.png, overlay.png, the mask of what lies above the threshold (mask.png,
outline.png), the sheet overview.png, and cam.json with all numbers and options.

The classifier is the name of fetched weights (see otherwise models), an ONNX file, a checkpoint of an architecture that
--architecture names, or a bundle with a classifier. ` + camPreprocessHelp,
		Example: `  otherwise models get efficientnet-lite0
  otherwise cam --classifier efficientnet-lite0 --image cat.jpg --out out/cat
  otherwise cam --classifier resnet.onnx --preprocess imagenet --image cat.jpg --class tabby --method grad-cam --out out/cat
  otherwise cam --classifier vgg16-397923af.pth --architecture vgg16 --image cat.jpg --layer features_29 --out out/cat`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	c.classifier.addFlags(cmd)
	f.StringVar(&c.image, "image", "", "photograph `FILE`: PNG, JPEG, GIF or WebP")
	f.StringVar(&c.class, "class", "", "`class` to look for: its name or number (default: the likeliest)")
	f.StringVar(&c.out, "out", "", "`folder` for the pictures")
	addChoice(cmd, &c.method, "method", "how to find what speaks for the class (default score-cam)", words(cam.Methods())...)
	f.StringVar(&c.options.Layer, "layer", "", "`layer` to read (default: the last with positions)")
	addChoice(cmd, &c.convention, "convention", "variant of ScoreCAM (default author)", string(cam.Author), string(cam.Paper), string(cam.Library))
	f.Float64Var(&c.threshold, "threshold", 0.5, "`value` of the map from which on the mask begins, 0 to 1")
	f.Float64Var(&c.share, "share", 0, "share of the pixels that the mask takes, instead of --threshold")
	f.IntVar(&c.options.BatchSize, "batch", 0, "`inputs` that are classified at once (default: as many as fit into 1 GiB)")
	f.Uint64Var(&c.options.Seed, "seed", 0, "decides SmoothGrad's noise")
	cmd.MarkFlagsMutuallyExclusive("threshold", "share")
	required(cmd, "classifier", "image", "out")
	return cmd
}

type camFlags struct {
	classifier                            classifierFlags
	image, class, out, method, convention string
	threshold, share                      float64
	options                               cam.Options
}

// words turns names of any type into strings.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

func (c *camFlags) run(ctx context.Context, out, log io.Writer) error {
	if err := checkFolder(c.out); err != nil {
		return err
	}
	if !(c.threshold >= 0 && c.threshold <= 1) || !(c.share >= 0 && c.share < 1) {
		return &usageError{fmt.Errorf("--threshold is %g and --share %g; legal are 0 to 1", c.threshold, c.share)}
	}
	img, err := picture.Open(c.image, picture.Options{Background: color.White})
	if err != nil {
		return fmt.Errorf("reading the picture: %w", err)
	}
	backend, err := kernel.Open()
	if err != nil {
		return err
	}
	defer backend.Finalize()
	opened, err := c.classifier.open(backend)
	if err != nil {
		return err
	}
	shown, err := opened.picture(img)
	if err != nil {
		return err
	}
	classifier := opened.classifier
	predictor := counterfactual.NewPredictor(counterfactual.Models{Backend: backend, Classifier: classifier})
	said, err := predictor.Probabilities(shown)
	if err != nil {
		return err
	}
	class := counterfactual.ArgMax(said[0])
	if c.class != "" {
		if class, err = datasets.ClassByName(c.class, classifier.Classes); err != nil {
			return &usageError{fmt.Errorf("--class: %w", err)}
		}
	}
	for _, i := range likeliest(said[0], 5) {
		fmt.Fprintf(log, "%.4f  %s (%d)\n", said[0][i], classifier.Classes[i], i)
	}

	progress := newCounter(log, "inputs")
	c.options.Method, c.options.Convention = cam.Method(c.method), cam.Convention(c.convention)
	mapper, err := cam.New(backend, classifier, c.options)
	if err != nil {
		return &usageError{err}
	}
	mapper.Progress = progress.show
	began := time.Now()
	m, err := mapper.Map(ctx, shown, class)
	progress.done()
	if err != nil {
		return err
	}
	a := viz.Activation{Picture: shown, Map: m, Class: class, Before: said[0], Options: mapper.Options(), Threshold: c.threshold,
		Seconds: time.Since(began).Seconds(), Classifier: opened.name,
		Info: viz.RunInfo{Version: buildVersion(), Backend: backend.Description(), Image: c.image}}
	if a.Mask, a.Threshold, err = c.mask(m); err != nil {
		fmt.Fprintf(log, "no mask: %v\n", err)
	}
	if err := viz.WriteActivation(c.out, a, classifier.Classes); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s of %q, layer %s: %.1f s\n%s\n", mapper.Options().Method, classifier.Classes[class], mapper.Options().Layer, a.Seconds, c.out)
	return nil
}

// mask is what lies above the threshold. A mask of nothing or all is left out, with the reason.
func (c *camFlags) mask(m *counterfactual.Grid) (*counterfactual.Grid, float64, error) {
	mask, _, err := cam.Region{Delta: c.threshold, Share: c.share, Mode: cam.Nearest}.Masks(m, 1)
	if errors.Is(err, cam.ErrNoForeground) || errors.Is(err, cam.ErrAllForeground) {
		return nil, c.threshold, err
	}
	threshold := c.threshold
	if c.share > 0 && err == nil {
		threshold, err = cam.ForegroundShare(m, c.share)
	}
	return mask, threshold, err
}

// likeliest are the numbers of the n largest probabilities, the largest first.
func likeliest(probabilities []float64, n int) []int {
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case probabilities[a] > probabilities[b]:
			return -1
		case probabilities[a] < probabilities[b]:
			return 1
		}
		return 0
	})
	return order[:min(n, len(order))]
}
