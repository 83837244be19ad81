package bundle

import (
	"context"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/nn"
)

// FactorTeller tells the factors of pictures of a world.
type FactorTeller struct {
	factors []datasets.Factor
	logits  *counterfactual.Embedder
}

// allHeads are the logits of all factors side by side.
type allHeads struct{ classify.ConvNet }

func (a allHeads) Embed(s nn.Scope, x *Node) *Node { return a.Forward(s, x, nil) }

// FactorTeller gives what the judge tells of pictures beside their class; nil where it tells the class only.
func (b *Bundle) FactorTeller() *FactorTeller {
	if len(b.Factors) == 0 {
		return nil
	}
	heads := allHeads{b.Judge.Network.(classify.HeadOf).ConvNet}
	return &FactorTeller{b.Factors, counterfactual.NewEmbedder(b.Models.Backend, heads, b.Judge.Params)}
}

// Tell gives each picture's most likely value of each factor, by name. All pictures must have one size.
func (t *FactorTeller) Tell(ctx context.Context, pictures ...counterfactual.Picture) ([]map[string]string, error) {
	logits, err := t.logits.Features(ctx, pictures)
	if err != nil {
		return nil, err
	}
	told := make([]map[string]string, len(pictures))
	for i := range told {
		told[i] = map[string]string{}
		row := logits.RawRowView(i)
		for _, f := range t.factors {
			told[i][f.Name] = f.Values[floats.MaxIdx(row[:len(f.Values)])]
			row = row[len(f.Values):]
		}
	}
	return told, nil
}
