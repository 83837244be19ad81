package classify

import (
	"image"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// Model is a published architecture of some size: a [Network], an [Encoder], or both. Its fields are its configuration.
type Model interface {
	// Validate reports a configuration that no network can be built from.
	Validate() error
	// Published gives this package's name for a parameter of a published file, and false for a tensor that no layer reads.
	Published(name string) (string, bool)
	// Build builds every layer, on normalised pictures x [1, InputSize, InputSize, 3].
	Build(s nn.Scope, x *Node)
	// InputSize is the side of the pictures that the network was made for.
	InputSize() int
	// Pixels brings a picture to the network's size, as values [height, width, 3] in [0, 1]. See [Preprocessing.Pixels].
	Pixels(img image.Image) (values []float32, size image.Point, err error)
}

// Encoder is a network that gives features to compare pictures by.
type Encoder interface {
	// Preprocess turns pictures in [0, 1] into the network's normalised input.
	Preprocess(x01 *Node) *Node
	// Embed maps normalised input to features [batch, width].
	Embed(s nn.Scope, x *Node) *Node
}

// show calls the tap, if there is one, and returns the activations to go on with.
func (t Tap) show(layer string, activations *Node) *Node {
	if t == nil {
		return activations
	}
	return t(layer, activations)
}

// showTokens is show for tokens [batch, 1 + patches, width], of which the first is the class token: the tap sees the others, as
// d, [batch, rows, columns, width].
func (t Tap) showTokens(layer string, tokens *Node, d []int) *Node {
	if t == nil {
		return tokens
	}
	patches := t(layer, Reshape(Slice(tokens, AxisRange(), AxisRange(1)), d...))
	class := Slice(tokens, AxisRange(), AxisRange(0, 1))
	return Concatenate([]*Node{class, Reshape(patches, d[0], d[1]*d[2], d[3])}, 1)
}

// numbered lists names with the numbers first to last behind them.
func numbered(prefix string, first, last int) []string {
	var names []string
	for i := first; i <= last; i++ {
		names = append(names, prefix+strconv.Itoa(i))
	}
	return names
}

// unwrapped takes off what training scripts put before the names in their files. Counters are read by no layer.
func unwrapped(name string) (string, bool) {
	for _, wrapper := range []string{"state_dict.", "model_state_dict.", "module."} {
		name = strings.TrimPrefix(name, wrapper)
	}
	return name, !strings.HasSuffix(name, ".num_batches_tracked")
}

// sizeOr is the size that pre-processing ends with, or another where that has none.
func sizeOr(p Preprocessing, otherwise int) int {
	if size := p.Size(); size > 0 {
		return size
	}
	return otherwise
}
