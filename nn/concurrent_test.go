package nn_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// Parameters in host memory move to the device at the first call; two of them may be the first.
func TestFirstCallsAtOnce(t *testing.T) {
	const width, calls = 512, 8
	program := nn.NewProgram(golden.Backend(t), "sum", func(nets []nn.Scope, args []*Node) []*Node {
		weight := nets[0].Param("weight", nn.FanIn(1), width, width)
		return []*Node{Add(ReduceAllSum(weight), args[0])}
	})
	for range 50 {
		params := nn.NewParams()
		params.Set("weight", tensors.FromFlatDataAndDimensions(make([]float32, width*width), width, width))
		start := make(chan struct{})
		var all errgroup.Group
		for range calls {
			all.Go(func() error {
				<-start
				out, err := program.Call1([]*nn.Params{params}, float32(1))
				nn.Free(out)
				return err
			})
		}
		close(start)
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}
