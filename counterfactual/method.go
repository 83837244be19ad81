package counterfactual

import "context"

// Method finds counterfactuals. Implementations: packages ldce, eced and baselines.
type Method interface {
	// Name is the method's name in options and command lines: "ldce", "eced", ...
	Name() string
	// Prepare compiles what Explain needs for pictures of the given one's size, so that the first explanation takes no
	// longer than the others. It may be left out, and may run beside another method's. Compiling one program can't be
	// stopped; a context that ends keeps the next from being begun.
	Prepare(ctx context.Context, picture Picture) error
	// Explain solves one problem. observe may be nil. The context ends a run within one step, with the context's error.
	Explain(ctx context.Context, p Problem, observe Observer) (*Result, error)
}
