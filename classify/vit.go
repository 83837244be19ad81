package classify

import (
	"fmt"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// VisionTransformer is the vision transformer of Dosovitskiy et al., 2021, with the parameter names of DINO's, timm's and
// DINOv2's files: patch_embed.proj, cls_token, pos_embed, blocks.N and norm.
type VisionTransformer struct {
	Patch int `json:"patch"` // side of a patch in pixels
	Dim   int `json:"dim"`
	Heads int `json:"heads"`
	Depth int `json:"depth"`
	Img   int `json:"img"` // side of the pictures that pos_embed was made for
	MLP   int `json:"mlp"` // inner width of a block's two layers, as a multiple of dim
	// LayerScale says that the blocks have ls1.gamma and ls2.gamma, as DINOv2's have.
	LayerScale bool `json:"layer_scale"`
}

// vitEpsilon is the epsilon of its layer normalisations.
const vitEpsilon = 1e-6

func (v VisionTransformer) validate() error {
	if v.Patch < 1 || v.Dim < 1 || v.Heads < 1 || v.Depth < 1 || v.MLP < 1 || v.Img < v.Patch || v.Dim%v.Heads != 0 {
		return fmt.Errorf("vision transformer: %+v; all must be positive, dim a multiple of heads, img at least one patch", v)
	}
	return nil
}

// layers lists, for each block, the normalised tokens that go into its attention (blocks_0_norm1) and what it gives (blocks_0).
func (v VisionTransformer) layers() []string {
	var names []string
	for i := range v.Depth {
		block := "blocks_" + strconv.Itoa(i)
		names = append(names, block+"_norm1", block)
	}
	return names
}

// run gives the tokens [batch, 1 + patches, dim] after each block, the class token first. The tap sees them without the class
// token, as [batch, rows, columns, dim].
func (v VisionTransformer) run(s nn.Scope, x *Node, tap Tap) []*Node {
	x = nn.Patches(s.Sub("patch_embed.proj"), x, v.Patch, v.Dim, true)
	d := x.Shape().Dimensions // [batch, rows, columns, dim]
	class := BroadcastToDims(s.Param("cls_token", nn.Normal(0.02), 1, 1, v.Dim), d[0], 1, v.Dim)
	x = Concatenate([]*Node{class, Reshape(x, d[0], d[1]*d[2], v.Dim)}, 1)
	x = Add(x, v.Positions(s, d[1], d[2]))
	var after []*Node
	for i := range v.Depth {
		name := "blocks_" + strconv.Itoa(i)
		b := s.Sub("blocks." + strconv.Itoa(i))
		normalised := nn.LayerNorm(b.Sub("norm1"), x, vitEpsilon)
		normalised = tap.showTokens(name+"_norm1", normalised, d)
		x = Add(x, v.scaled(b, "ls1", nn.QKVAttention(b.Sub("attn"), normalised, v.Heads, nn.Attention)))
		h := nn.GELU(nn.Linear(b.Sub("mlp.fc1"), nn.LayerNorm(b.Sub("norm2"), x, vitEpsilon), v.MLP*v.Dim))
		x = Add(x, v.scaled(b, "ls2", nn.Linear(b.Sub("mlp.fc2"), h, v.Dim)))
		x = tap.showTokens(name, x, d)
		after = append(after, x)
	}
	return after
}

// scaled multiplies the channels of a block's branch, where the network does.
func (v VisionTransformer) scaled(s nn.Scope, name string, x *Node) *Node {
	if !v.LayerScale {
		return x
	}
	return Mul(x, Reshape(s.Sub(name).Param("gamma", nn.Constant(1), v.Dim), 1, 1, v.Dim))
}

// Positions is the table of positions [1, 1 + rows*columns, dim] of the class token and the patches. For another number of patches than the table was made for it
// is resized bicubically, by a tenth of a patch more than the quotient of the sizes, as DINO and DINOv2 do against rounding.
func (v VisionTransformer) Positions(s nn.Scope, rows, columns int) *Node {
	const offset = 0.1
	side := v.Img / v.Patch
	table := s.Param("pos_embed", nn.Normal(0.02), 1, 1+side*side, v.Dim)
	if rows == side && columns == side {
		return table
	}
	patches := Reshape(Slice(table, AxisRange(), AxisRange(1)), 1, side, side, v.Dim)
	patches = nn.Resize(patches, rows, columns, nn.ResizeOptions{Mode: nn.Bicubic,
		Scale: [2]float64{(float64(rows) + offset) / float64(side), (float64(columns) + offset) / float64(side)}})
	return Concatenate([]*Node{Slice(table, AxisRange(), AxisRange(0, 1)), Reshape(patches, 1, rows*columns, v.Dim)}, 1)
}

// classToken is the normalised class token [batch, dim].
func (v VisionTransformer) classToken(s nn.Scope, tokens *Node) *Node {
	first := Slice(tokens, AxisRange(), AxisRange(0, 1))
	return Reshape(nn.LayerNorm(s.Sub("norm"), first, vitEpsilon), -1, v.Dim)
}

// patchAverage is the average of the normalised patch tokens [batch, dim].
func (v VisionTransformer) patchAverage(s nn.Scope, tokens *Node) *Node {
	return ReduceMean(nn.LayerNorm(s.Sub("norm"), Slice(tokens, AxisRange(), AxisRange(1)), vitEpsilon), 1)
}
