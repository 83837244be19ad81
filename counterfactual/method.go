package counterfactual

import "context"

// Method finds counterfactuals. Implementations: packages ldce and eced.
type Method interface {
	// Name is "ldce" or "eced".
	Name() string
	// Explain solves one problem. observe may be nil. The context ends a run within one step, with the context's error.
	Explain(ctx context.Context, p Problem, observe Observer) (*Result, error)
}
