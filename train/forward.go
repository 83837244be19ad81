package train

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"otherwise/nn"
)

// forward runs a network over all pictures, and gives a row of its output for each. build maps pictures in [0, 1] [batch, height,
// width, channels] to rows [batch, width].
func forward(ctx context.Context, backend compute.Backend, params *nn.Params, data *Pictures, build func(s nn.Scope, x01 *Node) *Node) (*mat.Dense, error) {
	program := nn.NewProgram(backend, "forward", func(nets []nn.Scope, args []*Node) []*Node {
		return []*Node{build(nets[0], args[0])}
	})
	var rows *mat.Dense
	for from := 0; from < data.Len(); from += encodeBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		numbers := make([]int, encodeBatch) // a last batch that isn't full is filled with repeated pictures
		for i := range numbers {
			numbers[i] = min(from+i, data.Len()-1)
		}
		x, _, err := data.Batch(numbers)
		if err != nil {
			return nil, err
		}
		out, err := program.Call1([]*nn.Params{params}, tensors.FromFlatDataAndDimensions(x, encodeBatch, data.Height, data.Width, data.Channels))
		if err != nil {
			return nil, fmt.Errorf("pictures from %d on: %w", from, err)
		}
		values, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			return nil, err
		}
		width := out.Shape().Dimensions[1]
		if rows == nil {
			rows = mat.NewDense(data.Len(), width, nil)
		}
		for k, v := range values[:min(encodeBatch, data.Len()-from)*width] {
			rows.Set(from+k/width, k%width, float64(v))
		}
	}
	return rows, nil
}
