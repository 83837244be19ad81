package classify_test

import (
	"fmt"
	"image"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/internal/golden"
	"otherwise/nn"
)

func preprocessed(t *testing.T, p classify.Preprocessing, x *tensors.Tensor) *tensors.Tensor {
	t.Helper()
	out, err := nn.NewProgram(golden.Backend(t), "preprocess", func(_ []nn.Scope, a []*Node) []*Node { return []*Node{p.Preprocess(a[0])} }).Call1(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPreprocessOrderOfSteps(t *testing.T) {
	// One pixel, red 1, green 0.5, blue 0: as bytes in the order blue, green, red, less a mean, over a deviation.
	p := classify.Preprocessing{Range: 255, BGR: true, Mean: []float64{10, 20, 30}, Std: []float64{1, 2, 5}}
	out := preprocessed(t, p, tensors.FromFlatDataAndDimensions([]float32{1, 0.5, 0}, 1, 1, 1, 3))
	golden.Near(t, "pixel", tensors.MustCopyFlatData[float32](out), []float32{-10, (127.5 - 20) / 2, (255 - 30) / 5}, 1e-4)

	grey := preprocessed(t, classify.Preprocessing{}, tensors.FromFlatDataAndDimensions([]float32{0.25}, 1, 1, 1, 1))
	golden.Near(t, "grey", tensors.MustCopyFlatData[float32](grey), []float32{0.25, 0.25, 0.25}, 0)
}

func TestPreprocessSizes(t *testing.T) {
	for _, c := range []struct {
		p                           classify.Preprocessing
		height, width, rows, column int
	}{
		{classify.Preprocessing{}, 5, 7, 5, 7},
		{classify.Preprocessing{Resize: 10}, 20, 31, 10, 15},                         // torchvision truncates the longer side
		{classify.Preprocessing{Resize: 10, Square: true}, 20, 31, 10, 10},           //
		{classify.Preprocessing{Resize: 10, Crop: 8}, 20, 31, 8, 8},                  //
		{classify.Preprocessing{Crop: 8}, 6, 31, 8, 8},                               // padded above and below
		{classify.Preprocessing{Resize: 10, Crop: 8, Square: true}, 10, 10, 8, 8},    // LDCE's pictures: cropped only
		{classify.Preprocessing{Resize: 10, Crop: 8, NoAntialias: true}, 8, 8, 8, 8}, // has the final size
	} {
		x := tensors.FromFlatDataAndDimensions(make([]float32, c.height*c.width*3), 1, c.height, c.width, 3)
		if d := preprocessed(t, c.p, x).Shape().Dimensions; d[1] != c.rows || d[2] != c.column {
			t.Errorf("%+v: %dx%d became %v", c.p, c.height, c.width, d)
		}
	}
	// A picture of the final size is not scaled up to be cut down again.
	x := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "x", 8*8*3), 1, 8, 8, 3)
	same := preprocessed(t, classify.Preprocessing{Resize: 10, Crop: 8}, x)
	golden.Near(t, "same", tensors.MustCopyFlatData[float32](same), tensors.MustCopyFlatData[float32](x), 0)
}

// Pictures prepared with Pillow's arithmetic agree with those prepared in the graph, but for bytes.
func TestPixelsAgreeWithTheGraph(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 61, 47))
	for i := range img.Pix {
		img.Pix[i] = uint8(128 + 100*math.Sin(float64(i)/37))
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	p := classify.Preprocessing{Resize: 30, Crop: 24, Interpolation: nn.Bicubic}
	pixels, size, err := p.Pixels(img)
	if err != nil {
		t.Fatal(err)
	}
	if size != image.Pt(24, 24) {
		t.Fatalf("size %v", size)
	}
	whole, _, err := classify.Preprocessing{}.Pixels(img)
	if err != nil {
		t.Fatal(err)
	}
	graph := preprocessed(t, p, tensors.FromFlatDataAndDimensions(whole, 1, 47, 61, 3))
	golden.Near(t, "pixels", tensors.MustCopyFlatData[float32](graph), pixels, 1.5/255)
	// What Pixels has prepared, the graph leaves alone.
	again := preprocessed(t, p, tensors.FromFlatDataAndDimensions(pixels, 1, 24, 24, 3))
	golden.Near(t, "prepared", tensors.MustCopyFlatData[float32](again), pixels, 0)
}

// Cropping and padding have the gradient that they should: pixels that are cut off get none, the others theirs.
func TestCropGradient(t *testing.T) {
	for _, side := range []int{4, 8} {
		exec, err := NewExec(golden.Backend(t), func(x *Node) *Node {
			y := classify.CropCenter(x, side, 4)
			return Gradient(ReduceAllSum(Square(y)), x)[0]
		})
		if err != nil {
			t.Fatal(err)
		}
		x := nn.Gaussian(1, "x", 6*6)
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(x, 1, 6, 6, 1))
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float32, len(x))
		for row := range 6 {
			for column := range 6 {
				if inRows := side == 8 || row >= 1 && row < 5; inRows && column >= 1 && column < 5 {
					want[row*6+column] = 2 * x[row*6+column]
				}
			}
		}
		golden.Near(t, fmt.Sprintf("gradient through %dx4", side), tensors.MustCopyFlatData[float32](out[0]), want, 1e-6)
	}
}
