package counterfactual

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"otherwise/classify"
	"otherwise/nn"
)

// Embedder gives features of pictures, to compare them by.
type Embedder struct {
	params  *nn.Params
	program *nn.Program
}

// NewEmbedder prepares an encoder with its parameters; nothing is compiled before the first call.
func NewEmbedder(backend compute.Backend, encoder classify.Encoder, params *nn.Params) *Embedder {
	return &Embedder{params: params, program: nn.NewProgram(backend, "features", func(nets []nn.Scope, args []*graph.Node) []*graph.Node {
		return []*graph.Node{encoder.Embed(nets[0], encoder.Preprocess(args[0]))}
	})}
}

// embedBatch is the most pictures that are embedded at once.
const embedBatch = 32

// Features returns a row of features for each picture. All pictures must have one size.
func (e *Embedder) Features(ctx context.Context, pictures []Picture) (*mat.Dense, error) {
	var features *mat.Dense
	for from := 0; from < len(pictures); from += embedBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows, width, err := e.batch(pictures, from)
		if err != nil {
			return nil, fmt.Errorf("features of pictures from %d on: %w", from, err)
		}
		if features == nil {
			features = mat.NewDense(len(pictures), width, nil)
		}
		for i := from; i < min(from+embedBatch, len(pictures)); i++ {
			for j, v := range rows[(i-from)*width : (i-from+1)*width] {
				features.Set(i, j, float64(v))
			}
		}
	}
	if features == nil {
		return nil, fmt.Errorf("features of no pictures")
	}
	return features, nil
}

// batch embeds the pictures from a number on, filled up with the last one, so that a set of many compiles one program.
func (e *Embedder) batch(pictures []Picture, from int) (rows []float32, width int, err error) {
	var some []Picture
	for i := range min(embedBatch, len(pictures)) {
		some = append(some, pictures[min(from+i, len(pictures)-1)])
	}
	input, err := Batch(some...)
	if err != nil {
		return nil, 0, err
	}
	defer nn.Free(input)
	out, err := e.program.Call1([]*nn.Params{e.params}, input)
	if err != nil {
		return nil, 0, err
	}
	defer nn.Free(out)
	if d := out.Shape().Dimensions; len(d) != 2 || d[0] != len(some) {
		return nil, 0, fmt.Errorf("the encoder gives %v for %d pictures; wanted a row for each", d, len(some))
	}
	rows, err = tensors.CopyFlatData[float32](out)
	return rows, out.Shape().Dimensions[1], err
}
