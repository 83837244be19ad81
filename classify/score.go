package classify

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// LogitOf returns the logit [batch] that speaks for class y [batch] int32. The one logit of a binary classifier speaks for class
// 1, its negative for class 0.
func (c *Classifier) LogitOf(logits, y *Node) *Node {
	if c.Binary {
		logit := Reshape(logits, -1)
		return Where(Equal(y, OnesLike(y)), logit, Neg(logit))
	}
	return ReduceSum(Mul(logits, OneHot(y, len(c.Classes), logits.DType())), -1)
}
