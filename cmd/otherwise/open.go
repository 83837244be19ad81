package main

import (
	"context"
	"fmt"
	"os"

	"github.com/gomlx/compute"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/kernel"
)

// bench is an open bundle on an open backend.
type bench struct {
	*bundle.Bundle
	backend    compute.Backend
	classifier *counterfactual.Predictor
	judge      *counterfactual.Predictor // nil where the bundle has none
}

// openBench opens the backend, an engine's where one is named, and, on it, the bundle that the flags name. Weights that
// the bundle names on the Hugging Face hub are fetched where they aren't on this machine. The caller closes it.
func openBench(ctx context.Context, f bundleFlags) (*bench, error) {
	backend, err := kernel.Open()
	if err != nil {
		return nil, err
	}
	o := f.options()
	o.Hub = fromHub(ctx, os.Stderr)
	opened, err := bundle.OpenWith(backend, f.name, o)
	if err != nil {
		backend.Finalize()
		return nil, err
	}
	if err := addLoRAs(opened, f.loras); err != nil {
		backend.Finalize()
		return nil, err
	}
	return &bench{Bundle: opened, backend: backend,
		classifier: counterfactual.NewPredictor(opened.Models), judge: opened.JudgePredictor()}, nil
}

func (b *bench) close() { b.backend.Finalize() }

// class finds the class that the user named.
func (b *bench) class(name string) (int, error) {
	i, err := datasets.ClassByName(name, b.Classes)
	if err != nil {
		return 0, &usageError{fmt.Errorf("--target: %w; the bundle is %s, --bundle names another", err, b.Name)}
	}
	return i, nil
}

// method prepares a method; an option that it refuses is the command line's mistake, where that sets any.
func (b *bench) method(name string, overrides []byte) (counterfactual.Method, error) {
	m, err := b.Method(name, overrides)
	if err != nil && len(overrides) > 0 {
		return nil, &usageError{err}
	}
	return m, err
}

// verdict is what the judge says of a counterfactual: the target's probability, and whether it is the largest. Both are nil
// where there is no judge.
func (b *bench) verdict(p counterfactual.Picture, target int) (confirmed *bool, probability *float64, err error) {
	if b.judge == nil {
		return nil, nil, nil
	}
	said, err := b.judge.Probabilities(p)
	if err != nil {
		return nil, nil, fmt.Errorf("asking the judge: %w", err)
	}
	agrees := counterfactual.ArgMax(said[0]) == target
	return &agrees, &said[0][target], nil
}
