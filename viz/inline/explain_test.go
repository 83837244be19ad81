package inline

import (
	"context"
	"errors"
	"testing"

	"otherwise/counterfactual"
)

// method makes one step and ends as told.
type method struct{ err error }

func (method) Name() string { return "toy" }

func (method) Prepare(context.Context, counterfactual.Picture) error { return nil }

func (m method) Explain(ctx context.Context, p counterfactual.Problem, observe counterfactual.Observer) (*counterfactual.Result, error) {
	if err := observe(counterfactual.Step{Stage: "denoise", Total: 1}); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &counterfactual.Result{Target: p.Target}, m.err
}

func TestExplainGivesWhatTheMethodGives(t *testing.T) {
	result, err := Explain(t.Context(), method{}, counterfactual.Problem{Target: 3})
	if err != nil || result.Target != 3 {
		t.Errorf("result %+v, error %v", result, err)
	}
	failed := errors.New("no picture")
	if _, err := Explain(t.Context(), method{failed}, counterfactual.Problem{}); !errors.Is(err, failed) {
		t.Errorf("error %v, want the method's", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Explain(stopped, method{}, counterfactual.Problem{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after a stop", err)
	}
}
