package inline

import (
	"context"
	"strings"

	"otherwise/counterfactual"
)

// Explain solves a problem by a method and shows on the way how it gets on, as [Watch] does. In a cell ctx is kernel.Context(),
// which the stop button ends.
func Explain(ctx context.Context, method counterfactual.Method, p counterfactual.Problem) (*counterfactual.Result, error) {
	observe, done := Watch(strings.ToUpper(method.Name()))
	defer done()
	return method.Explain(ctx, p, observe)
}
