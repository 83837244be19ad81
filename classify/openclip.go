package classify

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/nn"
)

// OpenCLIP is a pair of encoders for pictures and texts (Radford et al., 2021; Cherti et al., 2023), with the configuration and
// the parameter names of open_clip. As a [Network] it classifies without training ("zero-shot"): its logits are 100 times the
// cosines between a picture and texts that describe the classes. [OpenCLIP.AddClasses] makes the parameter that holds the texts.
type OpenCLIP struct {
	EmbedDim int `json:"embed_dim"`
	// QuickGELU says that the activations are x sigmoid(1.702 x), as in OpenAI's weights; LAION's have the exact GELU.
	QuickGELU     bool          `json:"quick_gelu"`
	Vision        CLIPVision    `json:"vision_cfg"`
	Text          CLIPText      `json:"text_cfg"`
	Preprocessing Preprocessing `json:"preprocess"`

	classes int
}

// CLIPVision is the configuration of the encoder of pictures.
type CLIPVision struct {
	ImageSize int `json:"image_size"`
	Layers    int `json:"layers"`
	Width     int `json:"width"`
	HeadWidth int `json:"head_width"` // width of one attention head; 0 is 64
	PatchSize int `json:"patch_size"`
}

// CLIPText is the configuration of the encoder of texts.
type CLIPText struct {
	ContextLength int `json:"context_length"`
	VocabSize     int `json:"vocab_size"`
	Width         int `json:"width"`
	Heads         int `json:"heads"`
	Layers        int `json:"layers"`
}

const (
	clipEpsilon = 1e-5
	// cosineScale multiplies cosines to logits: the largest value that training allows, which all published weights reached.
	cosineScale = 100
	// zeroShot is the parameter of the classes' texts.
	zeroShot = "zero_shot.weight"
)

func openCLIPViTB32() *OpenCLIP {
	return &OpenCLIP{EmbedDim: 512, Vision: CLIPVision{ImageSize: 224, Layers: 12, Width: 768, HeadWidth: 64, PatchSize: 32},
		Text: CLIPText{ContextLength: 77, VocabSize: 49408, Width: 512, Heads: 8, Layers: 12},
		Preprocessing: Preprocessing{Resize: 224, Crop: 224, Interpolation: nn.Bicubic, Mean: []float64{0.48145466, 0.4578275, 0.40821073},
			Std: []float64{0.26862954, 0.26130258, 0.27577711}}}
}

// Validate reports a configuration that no network can be built from.
func (c *OpenCLIP) Validate() error {
	v, t := c.Vision, c.Text
	if c.EmbedDim < 1 || v.Layers < 1 || v.Width < 1 || v.PatchSize < 1 || v.ImageSize < v.PatchSize || v.HeadWidth < 0 || v.Width%c.headWidth() != 0 {
		return fmt.Errorf("open_clip: vision_cfg %+v and embed_dim %d; all must be positive, width a multiple of head_width, image_size at least one patch", v, c.EmbedDim)
	}
	if t.ContextLength < 2 || t.VocabSize < 2 || t.Width < 1 || t.Heads < 1 || t.Layers < 1 || t.Width%t.Heads != 0 {
		return fmt.Errorf("open_clip: text_cfg %+v; all must be positive, width a multiple of heads", t)
	}
	return c.Preprocessing.Validate()
}

func (c *OpenCLIP) headWidth() int {
	if c.Vision.HeadWidth == 0 {
		return 64
	}
	return c.Vision.HeadWidth
}

// Published leaves out the scale of logits, which is always 100, and the mask, which is computed.
func (c *OpenCLIP) Published(name string) (string, bool) {
	name, read := unwrapped(name)
	return name, read && name != "logit_scale" && name != "attn_mask"
}

// InputSize is the size that the position table was made for.
func (c *OpenCLIP) InputSize() int { return c.Vision.ImageSize }

// Build builds both encoders.
func (c *OpenCLIP) Build(s nn.Scope, x *Node) {
	c.Embed(s, x)
	c.EmbedText(s, Const(x.Graph(), [][]int32{make([]int32, c.Text.ContextLength)}))
}

// Preprocess turns pictures in [0, 1] into the network's input.
func (c *OpenCLIP) Preprocess(x01 *Node) *Node { return c.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (c *OpenCLIP) Pixels(img image.Image) ([]float32, image.Point, error) {
	return c.Preprocessing.Pixels(img)
}

// Layers lists, for each block, the normalised tokens that go into its attention (resblocks_0_ln_1) and what it gives
// (resblocks_0), without the class token.
func (c *OpenCLIP) Layers() []string {
	var names []string
	for i := range c.Vision.Layers {
		block := "resblocks_" + strconv.Itoa(i)
		names = append(names, block+"_ln_1", block)
	}
	return names
}

// Forward maps normalised pictures [batch, size, size, 3] to logits [batch, classes].
func (c *OpenCLIP) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	if c.classes == 0 {
		exceptions.Panicf("open_clip: there are no classes yet (see AddClasses)")
	}
	texts := s.Param(zeroShot, nn.Normal(1), c.classes, c.EmbedDim)
	return c.Compare(c.embed(s, x, tap), texts)
}

// Compare gives the logits [batch, classes] of embeddings of pictures [batch, embed_dim] and texts [classes, embed_dim], of any
// length.
func (c *OpenCLIP) Compare(pictures, texts *Node) *Node {
	return MulScalar(DotGeneral(unitLength(pictures), []int{1}, nil, unitLength(texts), []int{1}, nil), cosineScale)
}

// Embed gives the pictures' embeddings [batch, embed_dim], of any length.
func (c *OpenCLIP) Embed(s nn.Scope, x *Node) *Node { return c.embed(s, x, nil) }

func (c *OpenCLIP) embed(s nn.Scope, x *Node, tap Tap) *Node {
	s = s.Sub("visual")
	v := c.Vision
	x = nn.Patches(s.Sub("conv1"), x, v.PatchSize, v.Width, false)
	d := x.Shape().Dimensions // [batch, rows, columns, width]
	class := BroadcastToDims(Reshape(s.Param("class_embedding", nn.Normal(0.02), v.Width), 1, 1, v.Width), d[0], 1, v.Width)
	x = Concatenate([]*Node{class, Reshape(x, d[0], d[1]*d[2], v.Width)}, 1)
	side := v.ImageSize / v.PatchSize
	x = Add(x, ExpandAxes(s.Param("positional_embedding", nn.Normal(0.02), 1+side*side, v.Width), 0))
	x = nn.LayerNorm(s.Sub("ln_pre"), x, clipEpsilon)
	x = c.transformer(s.Sub("transformer"), x, v.Layers, v.Width/c.headWidth(), nn.Attention, func(layer string, tokens *Node) *Node {
		return tap.showTokens(layer, tokens, d)
	})
	first := Reshape(Slice(x, AxisRange(), AxisRange(0, 1)), d[0], v.Width)
	first = nn.LayerNorm(s.Sub("ln_post"), first, clipEpsilon)
	return project(s, "proj", first, c.EmbedDim)
}

// EmbedText gives the embeddings [batch, embed_dim], of any length, of texts: token ids [batch, context_length] int32, of which
// the largest is the end of the text.
func (c *OpenCLIP) EmbedText(s nn.Scope, ids *Node) *Node {
	t := c.Text
	x := nn.Embedding(s.Sub("token_embedding"), ids, t.VocabSize, t.Width)
	x = Add(x, ExpandAxes(s.Param("positional_embedding", nn.Normal(0.01), t.ContextLength, t.Width), 0))
	x = c.transformer(s.Sub("transformer"), x, t.Layers, t.Heads, nn.CausalAttention, func(_ string, tokens *Node) *Node { return tokens })
	x = nn.LayerNorm(s.Sub("ln_final"), x, clipEpsilon)
	end := OneHot(ArgMax(ids, 1), t.ContextLength, x.DType())
	x = Einsum("bn,bnw->bw", end, x)
	return project(s, "text_projection", x, c.EmbedDim)
}

func (c *OpenCLIP) transformer(s nn.Scope, x *Node, layers, heads int, mix nn.Mix, show func(layer string, tokens *Node) *Node) *Node {
	activation := nn.GELU
	if c.QuickGELU {
		activation = nn.QuickGELU
	}
	width := x.Shape().Dimensions[2]
	for i := range layers {
		name := "resblocks_" + strconv.Itoa(i)
		b := s.Sub("resblocks." + strconv.Itoa(i))
		normalised := nn.LayerNorm(b.Sub("ln_1"), x, clipEpsilon)
		normalised = show(name+"_ln_1", normalised)
		x = Add(x, nn.FusedAttention(b.Sub("attn"), normalised, heads, mix))
		h := activation(nn.Linear(b.Sub("mlp.c_fc"), nn.LayerNorm(b.Sub("ln_2"), x, clipEpsilon), 4*width))
		x = Add(x, nn.Linear(b.Sub("mlp.c_proj"), h, width))
		x = show(name, x)
	}
	return x
}

// project multiplies x [batch, in] by a matrix [in, out].
func project(s nn.Scope, name string, x *Node, out int) *Node {
	return MatMul(x, s.Param(name, nn.Normal(0.02), x.Shape().Dimensions[1], out))
}

// unitLength divides the rows of x [batch, width] by their length, as torch.nn.functional.normalize does.
func unitLength(x *Node) *Node {
	length := Sqrt(ReduceAndKeep(Square(x), ReduceSum, 1))
	return Div(x, MaxScalar(length, 1e-12))
}

// AddClasses makes the parameter that [OpenCLIP.Forward] compares pictures with. Each class is described by every template, in
// which its name takes the place of {}; the class's embedding is the direction of the average of the texts' directions.
// tokenise gives a text's context_length token ids, padded with zeros. See https://github.com/openai/CLIP, data/prompts.md.
func (c *OpenCLIP) AddClasses(backend compute.Backend, p *nn.Params, classes, templates []string, tokenise func(text string) ([]int32, error)) error {
	if len(classes) == 0 || len(templates) == 0 {
		return fmt.Errorf("open_clip: %d classes and %d templates; there must be one of each at least", len(classes), len(templates))
	}
	program := nn.NewProgram(backend, "embedding texts", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{unitLength(c.EmbedText(s[0], a[0]))}
	})
	rows := make([]float32, 0, len(classes)*c.EmbedDim)
	for _, class := range classes {
		ids := make([][]int32, len(templates))
		for i, template := range templates {
			if !strings.Contains(template, "{}") {
				return fmt.Errorf("open_clip: template %q has no {} for the class's name", template)
			}
			text := strings.ReplaceAll(template, "{}", class)
			var err error
			if ids[i], err = tokenise(text); err != nil {
				return fmt.Errorf("open_clip: %q: %w", text, err)
			}
			if len(ids[i]) != c.Text.ContextLength {
				return fmt.Errorf("open_clip: %q became %d tokens; wanted are %d, padded", text, len(ids[i]), c.Text.ContextLength)
			}
		}
		out, err := program.Call1([]*nn.Params{p}, ids)
		if err != nil {
			return err
		}
		texts, err := tensors.CopyFlatData[float32](out)
		nn.Free(out)
		if err != nil {
			return err
		}
		rows = append(rows, direction(texts, c.EmbedDim)...)
	}
	c.classes = len(classes)
	p.Set(zeroShot, tensors.FromFlatDataAndDimensions(rows, len(classes), c.EmbedDim))
	return nil
}

// direction is the sum of rows of the given width, divided by its length.
func direction(rows []float32, width int) []float32 {
	sums := make([]float64, width)
	for i, v := range rows {
		sums[i%width] += float64(v)
	}
	var squares float64
	for _, v := range sums {
		squares += v * v
	}
	out := make([]float32, width)
	for i, v := range sums {
		out[i] = float32(v / math.Sqrt(squares))
	}
	return out
}
