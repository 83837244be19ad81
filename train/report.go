package train

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"gonum.org/v1/gonum/mat"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/diffusion"
	"otherwise/metrics"
)

// Report is what was measured of a bundle of a procedural world.
type Report struct {
	Command    string `json:"command,omitempty"`
	Bundle     string `json:"bundle"`
	BundleHash string `json:"bundle_hash"`
	// Quality is of the first classifier's task.
	Quality     *Quality           `json:"quality"`
	Classifiers []ClassifierReport `json:"classifiers"`
	// Factors is the share of test pictures of which the judge tells each factor rightly; nil where it tells the class only.
	Factors   map[string]float64 `json:"judge_factors,omitempty"`
	Generated *GeneratedReport   `json:"generated"`
	Bytes     map[string]int64   `json:"bytes"` // of each network's file
}

// ClassifierReport is how often a classifier is right.
type ClassifierReport struct {
	Name     string          `json:"name"` // "" of a task's own
	Task     string          `json:"task"`
	Accuracy float64         `json:"accuracy"` // on test pictures
	Judge    float64         `json:"judge_accuracy"`
	Bias     []datasets.Bias `json:"bias,omitempty"`
	// Promised is the accuracy on test pictures with the bias planted; nil without a bias.
	Promised *float64 `json:"biased_accuracy,omitempty"`
}

// GeneratedReport is what the diffusion model draws.
type GeneratedReport struct {
	Pictures      int     `json:"pictures"`
	Steps         int     `json:"steps"`
	GuidanceScale float64 `json:"guidance_scale"`
	// Classifier and Judge are the shares of pictures that they give the class that was asked for.
	Classifier float64 `json:"classifier"`
	Judge      float64 `json:"judge"`
	// Frechet is the Frechet distance of the encoder's features of generated pictures to as many real ones, and Real that of
	// those to as many other real ones; nil where the bundle has no encoder.
	Frechet *float64 `json:"frechet,omitempty"`
	Real    *float64 `json:"frechet_real,omitempty"`
}

// ReportOptions are the settings of [MeasureClassifier] and [MeasureGenerated].
type ReportOptions struct {
	Test     int // test pictures for accuracies and reconstructions; 1000
	Generate int // pictures to draw, the classes in turn; 600
	Sample   diffusion.SampleOptions
	Log      io.Writer // told how far it is; nil for nobody
}

func (o ReportOptions) withDefaults() ReportOptions {
	o.Test, o.Generate = cmp.Or(o.Test, 1000), cmp.Or(o.Generate, 600)
	o.Sample.Steps, o.Sample.GuidanceScale = cmp.Or(o.Sample.Steps, 50), cmp.Or(o.Sample.GuidanceScale, 2)
	if o.Log == nil {
		o.Log = io.Discard
	}
	return o
}

// MeasureClassifier measures a bundle's classifier, and what all of its classifiers share, on test pictures of its task; promised are
// test pictures with its bias planted, nil without one.
func MeasureClassifier(ctx context.Context, b *bundle.Bundle, test, promised *Pictures, o ReportOptions) (*Quality, ClassifierReport, error) {
	o = o.withDefaults()
	q, err := Measure(ctx, b, test.First(o.Test))
	if err != nil {
		return nil, ClassifierReport{}, err
	}
	if q.Pictures == 0 {
		return nil, ClassifierReport{}, fmt.Errorf("%d test pictures are too few to measure on: they are taken by the hundred", min(o.Test, test.Len()))
	}
	c := ClassifierReport{Name: b.Classifier, Task: b.Task, Accuracy: q.ClassifierAccuracy, Judge: q.JudgeAccuracy, Bias: b.Bias}
	if promised != nil {
		biased, err := Measure(ctx, b, promised.First(o.Test))
		if err != nil {
			return nil, ClassifierReport{}, err
		}
		c.Promised = &biased.ClassifierAccuracy
	}
	return q, c, nil
}

// MeasureFactors gives the share of test pictures of which the judge tells each factor rightly; nil where it tells the class only.
func MeasureFactors(ctx context.Context, b *bundle.Bundle, test *Pictures, o ReportOptions) (map[string]float64, error) {
	teller := b.FactorTeller()
	if teller == nil {
		return nil, nil
	}
	test = test.First(o.withDefaults().Test)
	factors, shares := test.Factors(), map[string]float64{}
	for from := 0; from < test.Len(); from += encodeBatch {
		pictures, err := test.pictures(from, min(from+encodeBatch, test.Len()))
		if err != nil {
			return nil, err
		}
		told, err := teller.Tell(ctx, pictures...)
		if err != nil {
			return nil, err
		}
		for i, said := range told {
			values, err := test.values(from+i, factors)
			if err != nil {
				return nil, err
			}
			for k, f := range factors {
				right := 0.0
				if said[f.Name] == f.Values[values[k]] {
					right = 1
				}
				shares[f.Name] += right / float64(test.Len())
			}
		}
	}
	return shares, nil
}

// MeasureGenerated draws pictures of all classes in turn, asks classifier and judge what they are, and compares them with real ones, of
// which there must be twice as many. The pictures drawn are returned too, and their classes.
func MeasureGenerated(ctx context.Context, b *bundle.Bundle, test *Pictures, o ReportOptions) (*GeneratedReport, []counterfactual.Picture, []int, error) {
	o = o.withDefaults()
	g := &GeneratedReport{Pictures: o.Generate, Steps: o.Sample.Steps, GuidanceScale: o.Sample.GuidanceScale}
	classes := make([]int, o.Generate)
	for i := range classes {
		classes[i] = i % len(b.Classes)
	}
	pictures, err := generate(ctx, b, classes, o)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, by := range []struct {
		predictor *counterfactual.Predictor
		share     *float64
	}{{counterfactual.NewPredictor(b.Models), &g.Classifier}, {b.JudgePredictor(), &g.Judge}} {
		if by.predictor == nil {
			continue
		}
		if *by.share, err = agreement(by.predictor, pictures, classes); err != nil {
			return nil, nil, nil, err
		}
	}
	embedder := b.Embedder()
	if embedder == nil {
		return g, pictures, classes, nil
	}
	if test.Len() < 2*o.Generate {
		return nil, nil, nil, fmt.Errorf("%d real pictures; %d generated ones are compared with two sets of as many", test.Len(), o.Generate)
	}
	var features [3]*mat.Dense // drawn, real, and real again
	if features[0], err = embedder.Features(ctx, pictures); err != nil {
		return nil, nil, nil, err
	}
	for k := range 2 {
		real, err := test.pictures(k*o.Generate, (k+1)*o.Generate)
		if err != nil {
			return nil, nil, nil, err
		}
		if features[k+1], err = embedder.Features(ctx, real); err != nil {
			return nil, nil, nil, err
		}
	}
	drawn, err := metrics.FID(features[0], features[1])
	if err != nil {
		return nil, nil, nil, err
	}
	real, err := metrics.FID(features[2], features[1])
	if err != nil {
		return nil, nil, nil, err
	}
	g.Frechet, g.Real = &drawn, &real
	return g, pictures, classes, nil
}

// generate draws a picture of each class, in batches of seeds of their own.
func generate(ctx context.Context, b *bundle.Bundle, classes []int, o ReportOptions) ([]counterfactual.Picture, error) {
	sample := o.Sample
	sample.Height, sample.Width = b.Frame.Height, b.Frame.Width
	sampler := diffusion.NewSampler(b.Models.Backend, b.Models.Diffusion)
	var pictures []counterfactual.Picture
	for from := 0; from < len(classes); from += encodeBatch {
		drawn, err := sampler.Sample(ctx, classes[from:min(from+encodeBatch, len(classes))], sample)
		if err != nil {
			return nil, err
		}
		some, err := counterfactual.Unbatch(drawn)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, some...)
		sample.Seed++
		fmt.Fprintf(o.Log, "%d of %d pictures drawn\n", len(pictures), len(classes))
	}
	return pictures, nil
}

// agreement is the share of pictures that a predictor gives their class.
func agreement(p *counterfactual.Predictor, pictures []counterfactual.Picture, classes []int) (float64, error) {
	right := 0
	for from := 0; from < len(pictures); from += encodeBatch {
		to := min(from+encodeBatch, len(pictures))
		agrees, err := p.Agree(pictures[from:to], classes[from:to])
		if err != nil {
			return 0, err
		}
		for _, a := range agrees {
			if a {
				right++
			}
		}
	}
	return float64(right) / float64(len(pictures)), nil
}
