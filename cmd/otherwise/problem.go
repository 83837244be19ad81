package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/counterfactual"
)

// problemFlags name a picture, the class that it is to have, the method and models to get it there, and a folder for what comes out.
type problemFlags struct {
	method, out string
	models      bundleFlags
	to          targetFlags
	from        source
	seed        uint64
	overrides   overrides
}

// addFlags gives a command the flags; the method is one of the given names, or of all.
func (f *problemFlags) addFlags(cmd *cobra.Command, methods ...string) {
	if len(methods) == 0 {
		methods = bundle.MethodNames()
	}
	addChoice(cmd, &f.method, "method", "how to search", methods...)
	f.models.addFlags(cmd)
	f.from.addFlags(cmd)
	f.to.addFlags(cmd)
	cmd.Flags().StringVar(&f.out, "out", "", "`folder` for the pictures")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "decides all randomness: the same seed gives the same picture on the same backend")
	f.overrides.addFlags(cmd)
	required(cmd, "target", "out")
	if len(methods) > 1 {
		required(cmd, "method")
	} else {
		f.method = methods[0]
	}
}

// openProblem is a problem with the open bundle that it is of, and the prepared method. Its bundle is to be closed.
type openProblem struct {
	*bench
	method  counterfactual.Method
	problem counterfactual.Problem
	picked  *picked
}

// open makes ready to explain: what can be wrong comes first, in the order of what it costs to find out.
func (f *problemFlags) open(ctx context.Context, log io.Writer) (p *openProblem, err error) {
	if err := checkFolder(f.out); err != nil {
		return nil, err
	}
	overrides, err := f.overrides.json()
	if err != nil {
		return nil, err
	}
	models := f.models.of(f.from.dataset)
	picked, err := f.from.read(ctx, models)
	if err != nil {
		return nil, err
	}
	b, err := openBench(ctx, models)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	choose, err := f.to.chooser(ctx, b, picked.set)
	if err != nil {
		return nil, err
	}
	p = &openProblem{bench: b, picked: picked, problem: counterfactual.Problem{Seed: f.seed}}
	if p.method, err = b.method(f.method, overrides); err != nil {
		return nil, err
	}
	if p.problem.Picture, err = picked.fit(b); err != nil {
		return nil, err
	}
	fmt.Fprintln(log, picked)
	said, err := b.classifier.Probabilities(p.problem.Picture)
	if err != nil {
		return nil, err
	}
	if p.problem.Target, err = choose(ctx, p.problem.Picture, said[0], f.seed); err != nil {
		return nil, err
	}
	if err := b.Models.CheckTarget(said[0], p.problem.Target); err != nil {
		return nil, err
	}
	fmt.Fprintln(log, compiling)
	return p, p.method.Prepare(ctx, p.problem.Picture)
}
