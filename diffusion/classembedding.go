package diffusion

import (
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// ClassEmbedding is a learned condition token for each class and one, the last row, for "no class", as in
// class-conditional latent diffusion. Its parameter is "embedding.weight" [classes+1, width].
type ClassEmbedding struct {
	Classes int `json:"classes"`
	Width   int `json:"width"`
}

// Embed returns the tokens [batch, 1, width] of rows ids [batch] int32; row Classes is the unconditional token.
func (c ClassEmbedding) Embed(s nn.Scope, ids *Node) *Node {
	return ExpandAxes(nn.Embedding(s.Sub("embedding"), ids, c.Classes+1, c.Width), 1)
}

// Row returns the row of the table that holds the given class or [Unconditional].
func (c ClassEmbedding) Row(class int) (int32, error) {
	switch {
	case class == Unconditional:
		return int32(c.Classes), nil
	case class < 0 || class >= c.Classes:
		return 0, fmt.Errorf("class %d is not one of the diffusion model's classes 0..%d", class, c.Classes-1)
	}
	return int32(class), nil
}

// Bind makes a [Conditioner] of the embedding and its parameters.
func (c ClassEmbedding) Bind(backend compute.Backend, params *nn.Params) Conditioner {
	return &boundEmbedding{embedding: c, params: params,
		program: nn.NewProgram(backend, "class embedding", func(nets []nn.Scope, args []*Node) []*Node {
			return []*Node{c.Embed(nets[0], args[0])}
		})}
}

type boundEmbedding struct {
	embedding ClassEmbedding
	params    *nn.Params
	program   *nn.Program
}

func (b *boundEmbedding) Tokens(classes []int) (*tensors.Tensor, error) {
	rows := make([]int32, len(classes))
	for i, class := range classes {
		var err error
		if rows[i], err = b.embedding.Row(class); err != nil {
			return nil, err
		}
	}
	return b.program.Call1([]*nn.Params{b.params}, rows)
}
