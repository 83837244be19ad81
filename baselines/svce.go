package baselines

import (
	"cmp"
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// SVCEOptions are the settings of SVCE. The zero value is that of the public code (DVCE's repository).
type SVCEOptions struct {
	// P is the ball's norm, above 1; 1.5.
	P float64 `json:"p"`
	// Radius is the ball's; 150 for 256x256 pixels of three channels, scaled to the picture's size (our choice).
	Radius float64 `json:"radius"`
	// Iterations is 75.
	Iterations int `json:"iterations"`
	// Momentum of the gradient; 0 (public code: the 0.9 of its configuration never arrives).
	Momentum float64 `json:"momentum"`
	// Robust says that the classifier is adversarially robust. SVCE means something only then; else it is an adversarial attack
	// and titled so.
	Robust bool `json:"robust"`
	// TraceFrames is how many iterations, evenly spread, keep their picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
}

func (o SVCEOptions) withDefaults() (SVCEOptions, error) {
	o.P = cmp.Or(o.P, 1.5)
	o.Iterations = cmp.Or(o.Iterations, 75)
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	switch {
	case !(o.P > 1) || math.IsInf(o.P, 0):
		return o, fmt.Errorf("p is %g; it must be a finite number above 1", o.P)
	case o.Iterations < 1:
		return o, fmt.Errorf("iterations is %d; it must be positive", o.Iterations)
	case !(o.Momentum >= 0 && o.Momentum < 1):
		return o, fmt.Errorf("momentum is %g; legal is 0 to below 1", o.Momentum)
	}
	return o, finite(map[string]float64{"radius": o.Radius})
}

// SVCE maximises the target's log-probability over the pictures in an lp ball around the original, by Frank-Wolfe with an adaptive
// step. It works on pictures and has no generative model: its meaning needs an adversarially robust classifier. Source: Boreiko,
// Augustin, Croce, Berens and Hein, 2022 (arXiv 2205.07972), and public code; SPEC-BASELINES section 2.
type SVCE struct {
	*explainer
	options  SVCEOptions
	gradient *nn.Program // picture, target -> log-probability, gradient
}

// NewSVCE prepares the method. Options that make no sense are errors; nothing is compiled before the first picture.
func NewSVCE(m counterfactual.Models, o SVCEOptions) (*SVCE, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", NameSVCE, err)
	}
	s := &SVCE{options: o, gradient: nn.NewProgram(m.Backend, "svce gradient", func(nets []nn.Scope, a []*Node) []*Node {
		logProb := m.Classifier.LogProb(counterfactual.BindNets(nets).Classifier, a[0], a[1])
		return []*Node{logProb, Gradient(ReduceAllSum(logProb), a[0])[0]}
	})}
	if s.explainer, err = newExplainer(m, NameSVCE, o, o.TraceFrames); err != nil {
		return nil, err
	}
	if o.Robust {
		s.Description.Title = "SVCE"
	}
	s.pictures = true
	s.attempts = []attempt{s.search}
	s.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *s
		short.options.Iterations = 1
		return short.search(ctx, b, watch)
	}
	return s, nil
}

func (s *SVCE) search(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
	best, _, err := s.Climb(ctx, b, watch)
	if err != nil {
		return nil, err
	}
	defer nn.Free(best)
	pictures, err := counterfactual.Unbatch(best)
	return &found{pictures: pictures}, err
}

// radius is the ball's for pictures of so many values: the lp norm of a given change of every value grows with their number^(1/p).
func (s *SVCE) radius(values int) float64 {
	return cmp.Or(s.options.Radius, 150*math.Pow(float64(values)/(256*256*3), 1/s.options.P))
}
