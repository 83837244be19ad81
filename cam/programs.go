package cam

import (
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/classify"
	"otherwise/nn"
)

// libraryEpsilon keeps the package grad-cam from dividing by zero when it scales a map, libraryMaskEpsilon when it
// scales a mask.
const (
	libraryEpsilon     = 1e-7
	libraryMaskEpsilon = 1e-8
)

// programs are a mapper's compiled graphs. Pictures are [1, height, width, channels] in [0, 1], activations
// [1, layer height, layer width, channels].
type programs struct {
	observe       *nn.Program // picture -> network input, activations, logits
	score         *nn.Program // network input, activations, channels [batch], class -> scores [batch], logits [batch, logits]
	ablate        *nn.Program // network input, logits, channels [batch], class -> the class's drop [batch] without each
	differentiate *nn.Program // picture, class -> activations, weights [channels]
	layerwise     *nn.Program // picture, class -> the sum over channels of activations, weighed at each position
	weigh         *nn.Program // activations, weights [channels] -> their sum [1, layer height, layer width, 1]
	finish        *nn.Program // picture, sum -> its positive part, map [height, width]
	attribute     *nn.Program // pictures [batch, ...], class, shares [batch] -> gradients by each, summed by share
}

func newPrograms(backend compute.Backend, c *classify.Classifier, o Options) programs {
	g := grapher{classifier: c, options: o}
	return programs{
		observe:       nn.NewProgram(backend, "cam activations", g.observe),
		score:         nn.NewProgram(backend, "cam scores", g.score),
		ablate:        nn.NewProgram(backend, "cam ablations", g.ablate),
		differentiate: nn.NewProgram(backend, "cam gradients", g.differentiate),
		layerwise:     nn.NewProgram(backend, "cam layer", g.layerwise),
		weigh:         nn.NewProgram(backend, "cam sum", g.weigh),
		finish:        nn.NewProgram(backend, "cam map", g.finish),
		attribute:     nn.NewProgram(backend, "cam attribution", g.attribute),
	}
}

// grapher builds the graphs for one classifier and set of options.
type grapher struct {
	classifier *classify.Classifier
	options    Options
}

// forward runs the network on its input x and returns the layer's activations beside the logits.
func (g grapher) forward(s nn.Scope, x *Node) (activations, logits *Node) {
	logits = g.classifier.Network.Forward(s, x, classify.Watch(func(layer string, a *Node) {
		if layer == g.options.Layer {
			activations = a
		}
	}))
	if activations == nil {
		exceptions.Panicf("the classifier lists layer %q but does not show it", g.options.Layer)
	}
	if activations.Rank() != 4 {
		exceptions.Panicf("layer %q has shape %s; wanted [batch, height, width, channels]", g.options.Layer, activations.Shape())
	}
	return activations, logits
}

// classScore returns the logit [batch] of a class. The one logit of a binary classifier speaks for class 1, its
// negative for class 0.
func (g grapher) classScore(logits, class *Node) *Node {
	if g.classifier.Binary {
		logit := Reshape(logits, -1)
		return Where(Equal(class, OnesLike(class)), logit, Neg(logit))
	}
	return ReduceSum(Mul(logits, ExpandAxes(OneHot(class, len(g.classifier.Classes), logits.DType()), 0)), 1)
}

func (g grapher) observe(nets []nn.Scope, args []*Node) []*Node {
	x := g.classifier.Network.Preprocess(args[0])
	activations, logits := g.forward(nets[0], x)
	return []*Node{x, activations, logits}
}

func (g grapher) weigh(_ []nn.Scope, args []*Node) []*Node {
	return []*Node{ReduceAndKeep(Mul(args[0], Reshape(args[1], 1, 1, 1, -1)), ReduceSum, 3)}
}

// finish brings a sum over channels to the picture's size. Scaling to [0, 1] is left to the host, which also has to see whether
// there is anything to scale.
func (g grapher) finish(_ []nn.Scope, args []*Node) []*Node {
	picture, sum := args[0], args[1]
	input := g.classifier.Network.Preprocess(picture).Shape().Dimensions // only its size: nothing is computed
	size := picture.Shape().Dimensions
	resize := func(x *Node, height, width int) *Node { return nn.Resize(x, height, width, nn.ResizeOptions{}) }

	low := nn.ReLU(sum)
	var m *Node
	switch g.options.Convention {
	case Author: // up-sampling is linear: the sum of up-sampled channels is the up-sampled sum
		m = nn.ReLU(resize(sum, input[1], input[2]))
	case Paper:
		m = resize(low, input[1], input[2])
	case Library:
		m = Sub(low, ReduceAndKeep(low, ReduceMin, 1, 2))
		m = Div(m, AddScalar(ReduceAndKeep(m, ReduceMax, 1, 2), libraryEpsilon))
		m = resize(m, input[1], input[2])
	}
	return []*Node{low, Reshape(resize(m, size[1], size[2]), size[1], size[2])}
}
