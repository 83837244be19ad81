package classify

import (
	"fmt"
	"image"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// Swin is the shifted-window transformer of Liu et al., 2021, with torchvision's parameter names (swin_t). Its layers are
// features_0 (the patches), every block (features_1_0, features_1_1, ...), every merging of patches (features_2) and norm.
type Swin struct {
	PatchSize  int   `json:"patch_size"`
	EmbedDim   int   `json:"embed_dim"`
	Depths     []int `json:"depths"`
	Heads      []int `json:"num_heads"` // of each stage
	WindowSize int   `json:"window_size"`
	MLPRatio   int   `json:"mlp_ratio"`
	Classes    int   `json:"num_classes"`

	Preprocessing Preprocessing `json:"preprocess"`
}

const (
	swinEpsilon = 1e-5
	// swinMask is added to the attention between parts of a window that are not neighbours in the picture.
	swinMask = -100
)

func swinT() *Swin {
	return &Swin{PatchSize: 4, EmbedDim: 96, Depths: []int{2, 2, 6, 2}, Heads: []int{3, 6, 12, 24}, WindowSize: 7, MLPRatio: 4, Classes: 1000,
		Preprocessing: Preprocessing{Resize: 232, Crop: 224, Interpolation: nn.Bicubic, Mean: imageNetMean(), Std: imageNetStd()}}
}

// Validate reports a configuration that no network can be built from.
func (c *Swin) Validate() error {
	if c.PatchSize < 1 || c.EmbedDim < 1 || c.WindowSize < 1 || c.MLPRatio < 1 || c.Classes < 1 || len(c.Depths) == 0 || len(c.Depths) != len(c.Heads) {
		return fmt.Errorf("swin: %+v; all must be positive, with one of depths and num_heads for every stage", *c)
	}
	for i, heads := range c.Heads {
		if width := c.EmbedDim << i; heads < 1 || width%heads != 0 || c.Depths[i] < 1 {
			return fmt.Errorf("swin: stage %d has %d blocks of width %d with %d heads; wanted is at least one block, its width a multiple of the heads",
				i+1, c.Depths[i], width, heads)
		}
	}
	return c.Preprocessing.Validate()
}

// Published leaves out the tables of indices, which are computed.
func (c *Swin) Published(name string) (string, bool) {
	name, read := unwrapped(name)
	return name, read && !strings.HasSuffix(name, ".relative_position_index")
}

// InputSize is 224, or what the pre-processing ends with.
func (c *Swin) InputSize() int { return sizeOr(c.Preprocessing, 224) }

// Build builds every layer.
func (c *Swin) Build(s nn.Scope, x *Node) { c.Forward(s, x, nil) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (c *Swin) Preprocess(x01 *Node) *Node { return c.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (c *Swin) Pixels(img image.Image) ([]float32, image.Point, error) {
	return c.Preprocessing.Pixels(img)
}

// Layers lists the layers from input to output.
func (c *Swin) Layers() []string {
	names := []string{"features_0"}
	for i, depth := range c.Depths {
		names = append(names, numbered("features_"+strconv.Itoa(2*i+1)+"_", 0, depth-1)...)
		if i < len(c.Depths)-1 {
			names = append(names, "features_"+strconv.Itoa(2*i+2))
		}
	}
	return append(names, "norm")
}

// Forward maps normalised pictures [batch, height, width, 3] to logits [batch, classes].
func (c *Swin) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	return nn.Linear(s.Sub("head"), c.features(s, x, tap), c.Classes)
}

// Embed gives the averaged features.
func (c *Swin) Embed(s nn.Scope, x *Node) *Node { return c.features(s, x, nil) }

func (c *Swin) features(s nn.Scope, x *Node, tap Tap) *Node {
	x = nn.Patches(s.Sub("features.0.0"), x, c.PatchSize, c.EmbedDim, true)
	x = tap.show("features_0", nn.LayerNorm(s.Sub("features.0.2"), x, swinEpsilon))
	for i, depth := range c.Depths {
		stage := 2*i + 1
		for j := range depth {
			number := strconv.Itoa(stage) + "." + strconv.Itoa(j)
			shift := 0
			if j%2 == 1 {
				shift = c.WindowSize / 2
			}
			x = c.block(s.Sub("features."+number), x, c.Heads[i], shift)
			x = tap.show("features_"+strings.ReplaceAll(number, ".", "_"), x)
		}
		if i < len(c.Depths)-1 {
			number := strconv.Itoa(stage + 1)
			x = tap.show("features_"+number, mergePatches(s.Sub("features."+number), x))
		}
	}
	return ReduceMean(tap.show("norm", nn.LayerNorm(s.Sub("norm"), x, swinEpsilon)), 1, 2)
}

func (c *Swin) block(s nn.Scope, x *Node, heads, shift int) *Node {
	x = Add(x, c.windowAttention(s.Sub("attn"), nn.LayerNorm(s.Sub("norm1"), x, swinEpsilon), heads, shift))
	width := x.Shape().Dimensions[3]
	h := nn.GELU(nn.Linear(s.Sub("mlp.0"), nn.LayerNorm(s.Sub("norm2"), x, swinEpsilon), c.MLPRatio*width))
	return Add(x, nn.Linear(s.Sub("mlp.3"), h, width))
}

// windowAttention attends within windows, which lie shift positions off the grid. x [batch, height, width, channels] is padded
// to whole windows; along an axis of a single window there is no shift.
func (c *Swin) windowAttention(s nn.Scope, x *Node, heads, shift int) *Node {
	d, w := x.Shape().Dimensions, c.WindowSize
	batch, channels := d[0], d[3]
	var count, shifts [2]int // windows and shift along height and width
	for axis := range 2 {
		count[axis] = (d[1+axis] + w - 1) / w
		if count[axis] > 1 {
			shifts[axis] = shift
		}
	}
	rows, columns := count[0]*w, count[1]*w
	y := Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, PadAxis{End: rows - d[1]}, PadAxis{End: columns - d[2]}, PadAxis{})
	y = roll(roll(y, 1, shifts[0]), 2, shifts[1])
	y = Reshape(y, batch, count[0], w, count[1], w, channels)
	y = Reshape(TransposeAllAxes(y, 0, 1, 3, 2, 4, 5), batch*count[0]*count[1], w*w, channels)

	bias := c.relativePositions(s, heads)
	if shifts != [2]int{} {
		windows := count[0] * count[1]
		mask := ConstAsDType(x.Graph(), x.DType(), c.mask(count, shifts)) // [windows, w*w, w*w]
		mask = BroadcastToDims(ExpandAxes(mask, 0), batch, windows, w*w, w*w)
		mask = Reshape(mask, batch*windows, 1, w*w, w*w)
		dims := []int{batch * windows, heads, w * w, w * w}
		bias = Add(BroadcastToDims(bias, dims...), BroadcastToDims(mask, dims...))
	}
	y = nn.QKVAttention(s, y, heads, func(q, k, v *Node, heads int) *Node { return nn.BiasedAttention(q, k, v, heads, bias) })

	y = Reshape(y, batch, count[0], count[1], w, w, channels)
	y = Reshape(TransposeAllAxes(y, 0, 1, 3, 2, 4, 5), batch, rows, columns, channels)
	y = roll(roll(y, 1, rows-shifts[0]), 2, columns-shifts[1])
	return Slice(y, AxisRange(), AxisRange(0, d[1]), AxisRange(0, d[2]))
}

// roll moves the first n positions along an axis to its end.
func roll(x *Node, axis, n int) *Node {
	size := x.Shape().Dimensions[axis]
	if n %= size; n == 0 {
		return x
	}
	part := func(from, to int) *Node {
		ranges := []SliceAxisSpec{AxisRange(), AxisRange(), AxisRange(), AxisRange()}
		ranges[axis] = AxisRange(from, to)
		return Slice(x, ranges...)
	}
	return Concatenate([]*Node{part(n, size), part(0, n)}, axis)
}

// relativePositions is the learned bias [1, heads, w*w, w*w] between two positions of a window, by how far they are apart.
func (c *Swin) relativePositions(s nn.Scope, heads int) *Node {
	w := c.WindowSize
	across := 2*w - 1
	table := s.Param("relative_position_bias_table", nn.Normal(0.02), across*across, heads)
	index := make([]int32, 0, w*w*w*w)
	for from := range w * w {
		for to := range w * w {
			index = append(index, int32((from/w-to/w+w-1)*across+from%w-to%w+w-1))
		}
	}
	bias := Gather(table, ExpandAxes(Const(table.Graph(), index), -1)) // [w*w*w*w, heads]
	return ExpandAxes(TransposeAllAxes(Reshape(bias, w*w, w*w, heads), 2, 0, 1), 0)
}

// mask is zero between positions of a window that are in the same region of the picture, and very negative between those that
// only the shift has put together.
func (c *Swin) mask(count, shifts [2]int) [][][]float64 {
	w := c.WindowSize
	region := func(axis, position int) int {
		size := count[axis] * w
		switch {
		case position < size-w:
			return 0
		case position < size-shifts[axis]:
			return 1
		}
		return 2
	}
	var masks [][][]float64
	for i := range count[0] {
		for j := range count[1] {
			var regions []int
			for p := range w * w {
				regions = append(regions, 3*region(0, i*w+p/w)+region(1, j*w+p%w))
			}
			mask := make([][]float64, w*w)
			for from := range mask {
				mask[from] = make([]float64, w*w)
				for to := range mask[from] {
					if regions[from] != regions[to] {
						mask[from][to] = swinMask
					}
				}
			}
			masks = append(masks, mask)
		}
	}
	return masks
}

// mergePatches makes one position of 2x2, with twice the channels: their four vectors in the order of columns, normalised, times
// a matrix. Odd sides are padded with zeros.
func mergePatches(s nn.Scope, x *Node) *Node {
	d := x.Shape().Dimensions
	x = Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, PadAxis{End: d[1] % 2}, PadAxis{End: d[2] % 2}, PadAxis{})
	rows, columns, channels := (d[1]+1)/2, (d[2]+1)/2, d[3]
	x = Reshape(x, d[0], rows, 2, columns, 2, channels)
	x = Reshape(TransposeAllAxes(x, 0, 1, 3, 4, 2, 5), d[0], rows, columns, 4*channels)
	return nn.LinearNoBias(s.Sub("reduction"), nn.LayerNorm(s.Sub("norm"), x, swinEpsilon), 2*channels)
}
