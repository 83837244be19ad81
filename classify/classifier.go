package classify

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// Network is a classifier's graph. Pictures x01 are [batch, height, width, channels] in [0, 1].
type Network interface {
	// Preprocess turns pictures in [0, 1] into the network's normalised input (crop, resize, mean and deviation).
	Preprocess(x01 *Node) *Node
	// Forward maps normalised input to logits [batch, classes]. tap, unless nil, is shown every named layer's
	// activations [batch, height, width, channels] on the way.
	Forward(s nn.Scope, x *Node, tap Tap) *Node
	// Layers lists the names that tap is called with, from input to output.
	Layers() []string
}

// Tap is shown the activations of a named layer. The network goes on with what it returns: the same, or others of their shape.
type Tap func(layer string, activations *Node) *Node

// Watch makes a tap of a function that only looks.
func Watch(look func(layer string, activations *Node)) Tap {
	return func(layer string, activations *Node) *Node {
		look(layer, activations)
		return activations
	}
}

// Classifier is a classifier with its weights. A binary classifier has two classes and one logit, positive for class 1.
type Classifier struct {
	Network Network
	Params  *nn.Params
	Classes []string
	// CAMLayer is the layer that class activation maps read unless another is asked for.
	CAMLayer string
	// Binary says that the network gives one logit, whose sign decides between two classes.
	Binary bool
}

// Logits runs pre-processing and network on pictures in [0, 1].
func (c *Classifier) Logits(s nn.Scope, x01 *Node) *Node {
	return c.Network.Forward(s, c.Network.Preprocess(x01), nil)
}

// LogProb returns the log-probability [batch] of class y [batch] int32 for pictures in [0, 1].
func (c *Classifier) LogProb(s nn.Scope, x01, y *Node) *Node {
	return c.LogProbOf(c.Logits(s, x01), y)
}

// LogProbs returns the log-probabilities [batch, classes] for given logits.
func (c *Classifier) LogProbs(logits *Node) *Node {
	if c.Binary {
		g := Reshape(logits, -1, 1)
		return Neg(Concatenate([]*Node{Softplus(g), Softplus(Neg(g))}, 1))
	}
	return LogSoftmax(logits, -1)
}

// LogProbOf returns the log-probability [batch] of class y [batch] int32 for given logits. Its gradient keeps its digits where the
// class is all but certain. That of a softmax is 1 - p there, of which rounding leaves little: methods that scale a gradient to a
// given length would steer by noise, and pictures depend on what else is in their batch.
func (c *Classifier) LogProbOf(logits, y *Node) *Node {
	onehot := OneHot(y, len(c.Classes), logits.DType())
	if c.Binary {
		return ReduceSum(Mul(c.LogProbs(logits), onehot), -1)
	}
	ahead := Sub(logits, ReduceAndKeep(Mul(logits, onehot), ReduceSum, -1)) // of y, by logits: 0 for y itself
	most := StopGradient(ReduceAndKeep(ahead, ReduceMax, -1))               // 0 where y is the most likely class
	others := ReduceSum(Mul(Exp(Sub(ahead, most)), OneMinus(onehot)), -1)
	most = Reshape(most, -1)
	return Neg(Add(most, Log1P(Add(others, StopGradient(Expm1(Neg(most))))))) // -log(1 + sum exp(ahead)), most taken out
}
