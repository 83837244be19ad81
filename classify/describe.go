package classify

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// Layer is a named layer with the shape of its activations for one picture.
type Layer struct {
	Name                    string
	Height, Width, Channels int
}

// Describe tells how many outputs a network has, and the shapes of its layers for coloured pictures of size x size pixels,
// pre-processing included. Nothing is computed.
func Describe(backend compute.Backend, n Network, size int) (outputs int, layers []Layer, err error) {
	var logits []int
	_, err = nn.Shapes(backend, func(s nn.Scope, args []*Node) {
		logits = n.Forward(s, n.Preprocess(args[0]), Watch(func(name string, a *Node) {
			d := a.Shape().Dimensions
			layers = append(layers, Layer{Name: name, Height: d[1], Width: d[2], Channels: d[3]})
		})).Shape().Dimensions
	}, shapes.Make(dtypes.Float32, 1, size, size, 3))
	if err == nil && (len(logits) != 2 || logits[0] != 1) {
		err = fmt.Errorf("logits of shape %v; wanted is [1, classes]", logits)
	}
	if err != nil {
		return 0, nil, err
	}
	return logits[1], layers, nil
}

// LastWithPositions is the name of the last layer with more than one position, which class activation maps usually read; ""
// where there is none.
func LastWithPositions(layers []Layer) string {
	for i := len(layers) - 1; i >= 0; i-- {
		if layers[i].Height*layers[i].Width > 1 {
			return layers[i].Name
		}
	}
	return ""
}
