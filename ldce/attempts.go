package ldce

import (
	"context"
	"slices"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// attempts denoises with one guidance scale after the other, until all problems are solved. A batch stays together, so that
// nothing is compiled anew: what was solved earlier keeps its result.
func (r *run) attempts(ctx context.Context, observe counterfactual.Observer) ([]*counterfactual.Result, error) {
	start, blank := r.z, r.results
	r.kept = append(r.kept, start)
	defer nn.Free(start)
	best := make([]*counterfactual.Result, len(blank))
	for _, scale := range r.options.scales() {
		r.moveTo(start)
		r.scale = scale
		r.results = nil
		for _, b := range blank {
			result := *b
			options := r.options
			options.GuidanceScale = &scale
			result.Options = options
			r.results = append(r.results, &result)
		}
		if err := r.denoiseAll(ctx, observe); err != nil {
			return nil, err
		}
		found, err := r.finish()
		if err != nil {
			return nil, err
		}
		for i, f := range found {
			if best[i] == nil || !r.solved(best[i]) && f.After[f.Target] > best[i].After[f.Target] {
				best[i] = f
			}
		}
		if !slices.ContainsFunc(best, func(b *counterfactual.Result) bool { return !r.solved(b) }) {
			break
		}
	}
	for _, b := range best {
		b.Timings = r.timings // of all attempts
	}
	return best, nil
}

func (r *run) solved(result *counterfactual.Result) bool {
	return result.After[result.Target] >= r.options.Certainty
}
