package ldce

import (
	"context"
	"errors"

	"otherwise/counterfactual"
)

// Prepare compiles LDCE's programs for a single picture of the given one's size, by explaining it up to the first step.
// Without it the first Explain compiles them.
func (m *Method) Prepare(ctx context.Context, picture counterfactual.Picture) error {
	rows, err := m.predictor.Probabilities(picture)
	if err != nil {
		return err
	}
	enough := errors.New("compiled")
	p := counterfactual.Problem{Picture: picture, Target: counterfactual.RunnerUp(rows[0])}
	_, err = m.Explain(ctx, p, func(counterfactual.Step) error { return enough })
	if errors.Is(err, enough) {
		return nil
	}
	return err
}
