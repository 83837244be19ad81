package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"otherwise/classify"
	"otherwise/classify/onnx"
	"otherwise/diffusion/tokenize"
	"otherwise/nn"
	"otherwise/weights"
)

// archONNX stands for a file that brings its own architecture.
const archONNX = "onnx"

// load reads a classifier's files.
func (p *ClassifierPart) load(backend compute.Backend, finder *Finder, classes classNames) (*classify.Classifier, error) {
	paths, err := p.find(finder)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(p.Config)
	if err != nil {
		return nil, err
	}
	if p.Architecture == archONNX {
		return p.loadONNX(backend, paths[0], config, classes)
	}
	model, err := classify.FromConfig(p.Architecture, config)
	if err != nil {
		return nil, err
	}
	network, classifies := model.(classify.Network)
	if !classifies {
		return nil, fmt.Errorf("%s is an encoder, it doesn't classify", p.Architecture)
	}
	precision, err := nn.ParsePrecision(p.Precision)
	if err != nil {
		return nil, err
	}
	about, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	id, err := weights.Fingerprint(string(about), paths...)
	if err != nil {
		return nil, err
	}
	params, err := kept(backend, id, precision, func() (*nn.Params, error) {
		return loadModel(backend, model, nn.LoadOptions{Backend: backend, Precision: precision}, paths)
	})
	if err != nil {
		return nil, err
	}
	if clip, zeroShot := model.(*classify.OpenCLIP); zeroShot {
		if err := p.describe(backend, finder, clip, params, classes.spoken); err != nil {
			return nil, err
		}
	}
	c := &classify.Classifier{Network: classify.NetworkIn(network, precision), Params: params, Classes: classes.names, CAMLayer: p.CAMLayer}
	return c, p.check(backend, c, model.InputSize())
}

// find gives the places of the classifier's files.
func (p *ClassifierPart) find(finder *Finder) ([]string, error) {
	var paths []string
	for _, part := range []*Part{&p.Part, p.Head} {
		if part == nil {
			continue
		}
		path, err := finder.Find(*part)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func loadModel(backend compute.Backend, model classify.Model, o nn.LoadOptions, paths []string) (*nn.Params, error) {
	var sources []weights.Source
	for _, path := range paths {
		source, err := weights.OpenCheckpoint(path)
		if err != nil {
			return nil, err
		}
		defer source.Close()
		sources = append(sources, source)
	}
	params, err := classify.Load(backend, model, o, sources...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(paths, ", "), err)
	}
	return params, nil
}

// describe gives a zero-shot classifier its classes.
func (p *ClassifierPart) describe(backend compute.Backend, finder *Finder, clip *classify.OpenCLIP, params *nn.Params, spoken []string) error {
	if p.Tokenizer == nil || len(p.Prompts) == 0 {
		return fmt.Errorf("%s needs prompts, and a tokenizer: a folder with CLIP's vocab.json and merges.txt", p.Architecture)
	}
	folder, err := finder.find(*p.Tokenizer, clipTokenizer)
	if err != nil {
		return fmt.Errorf("tokenizer: %w", err)
	}
	tokenizer, err := tokenize.Open(os.DirFS(folder))
	if err != nil {
		return fmt.Errorf("tokenizer: %w", err)
	}
	return clip.AddClasses(backend, params, spoken, p.Prompts, func(text string) ([]int32, error) {
		tokens := tokenizer.Encode(text, tokenize.OpenCLIP)
		if tokens.Cut > 0 {
			return nil, fmt.Errorf("it is %d tokens too long", tokens.Cut)
		}
		return tokens.IDs, nil
	})
}

func (p *ClassifierPart) loadONNX(backend compute.Backend, path string, config []byte, classes classNames) (*classify.Classifier, error) {
	var o onnx.Options
	if len(p.Config) > 0 {
		if err := strict(config, &o); err != nil {
			return nil, err
		}
	}
	if o.Classes == nil {
		o.Classes = classes.names
	}
	if p.CAMLayer != "" {
		o.CAMLayer = p.CAMLayer
	}
	return onnx.Open(backend, path, o)
}

// check compares the classifier with the bundle's classes, and finds out whether it has one logit for two of them.
func (p *ClassifierPart) check(backend compute.Backend, c *classify.Classifier, side int) error {
	outputs, _, err := classify.Describe(backend, c.Network, side)
	if err != nil {
		return err
	}
	c.Binary = outputs == 1 && len(c.Classes) == 2
	if !c.Binary && outputs != len(c.Classes) {
		return fmt.Errorf("it tells %d classes apart, the bundle names %d", outputs, len(c.Classes))
	}
	if layers := c.Network.Layers(); c.CAMLayer != "" && !slices.Contains(layers, c.CAMLayer) {
		return fmt.Errorf("cam_layer: there is no layer %q; legal are %q", c.CAMLayer, layers)
	}
	return nil
}
