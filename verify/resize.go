package verify

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/datasets/picture"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// resizeParts check resizing in graphs and of pictures, and the usual pre-processing.
var resizeParts = []Part{{Files: "resize/resize_golden.safetensors", Also: []string{"resize/settings.json"}, Run: checkResize}}

// resizeSettings are the sizes of the file's pictures.
type resizeSettings struct {
	HW     []int `json:"hw"`
	Resize int   `json:"resize"`
	Crop   int   `json:"crop"`
	Real   []int `json:"real"`
}

func checkResize(c *Check) {
	var about resizeSettings
	c.JSON("resize/settings.json", &about)
	g := c.Golden()
	for _, name := range g.Names() {
		name, expected := strings.CutPrefix(name, "expected.")
		if !expected {
			continue
		}
		words := strings.Split(name, ".")
		switch words[0] {
		case "interpolate", "adaptive_avg_pool2d", "grad":
			checkInterpolation(c, g, name, words)
		case "pil_u8", "pil_f32":
			checkPillow(c, g, name, words)
		case "pil":
			checkPillowPipeline(c, g, about, name, words)
		case "tensor_u8":
			checkByteTensor(c, g, about, name, words)
		case "tensor_f32", "center_crop":
			checkTensorPipeline(c, g, about, name, words)
		case "real":
			if words[2] == "values" {
				checkRealSize(c, g, about, words[1])
			}
		default:
			c.Errorf("%s: no case of that name is known", name)
		}
	}
}

// sizeOf reads the last word of a case's name: <height>x<width>, or scale2.
func sizeOf(c *Check, g *golden.File, word string) (height, width int) {
	if word == "scale2" {
		shape := g.Shape("inputs.x")
		return 2 * shape[2], 2 * shape[3]
	}
	if _, err := fmt.Sscanf(word, "%dx%d", &height, &width); err != nil {
		c.Fatalf("size %q: %v", word, err)
	}
	return height, width
}

func checkInterpolation(c *Check, g *golden.File, name string, words []string) {
	height, width := sizeOf(c, g, words[len(words)-1])
	o := nn.ResizeOptions{Antialias: slices.Contains(words, "antialias"), AlignCorners: slices.Contains(words, "align_corners")}
	switch words[0] {
	case "adaptive_avg_pool2d":
		o.Mode = nn.Area
	default:
		o.Mode = nn.Interpolation(words[1])
	}
	args := []any{g.Tensor("inputs.x")}
	if words[0] == "grad" {
		args = append(args, g.Tensor("inputs."+words[1]+".cotangent"))
	}
	out := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node {
		y := nn.Resize(a[0], height, width, o)
		if words[0] == "grad" {
			return []*Node{Gradient(ReduceAllSum(Mul(y, a[1])), a[0])[0]}
		}
		return []*Node{y}
	}), nil, args...)
	c.Tensor(out[0], g, "expected."+name, golden.RMS(layerTolerance))
}

func checkPillow(c *Check, g *golden.File, name string, words []string) {
	height, width := sizeOf(c, g, words[2])
	if words[0] == "pil_u8" {
		comparePicture(c, g, name, resample(c, pictureOf(g, "inputs.small_u8"), width, height, picture.Filter(words[1])))
		return
	}
	x, shape := g.Floats("inputs.x")
	from := image.Pt(shape[3], shape[2])
	got, err := picture.ResampleFloats(x[:from.X*from.Y], from, 1, image.Pt(width, height), picture.Filter(words[1]))
	if err != nil {
		c.Fatal(err)
	}
	c.Near(name, got, Values(c, g.Tensor("expected."+name)), golden.RMS(layerTolerance))
}

// checkByteTensor checks torchvision's Resize of a tensor of bytes, which it resizes as numbers and rounds.
func checkByteTensor(c *Check, g *golden.File, about resizeSettings, name string, words []string) {
	img := pictureOf(g, photos[words[1]])
	size := picture.ShorterSide(img.Bounds().Size(), about.Resize)
	out := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.Resize(MulScalar(a[0], 255), size.Y, size.X, nn.ResizeOptions{Antialias: true})}
	}), nil, tensorOf(c, img))
	var rounded []int32
	for _, v := range Values(c, out[0]) {
		rounded = append(rounded, int32(math.RoundToEven(float64(v))))
	}
	c.Add("expected."+name, golden.Compare(rounded, g.Ints("expected."+name), golden.OffByOne(0.01)))
}

// photos names the pictures of the pipelines.
var photos = map[string]string{"wide": "inputs.photo_u8", "tall": "inputs.photo_tall_u8"}

// checkPillowPipeline checks torchvision's Resize and CenterCrop of pictures.
func checkPillowPipeline(c *Check, g *golden.File, about resizeSettings, name string, words []string) {
	img := pictureOf(g, photos[words[1]])
	shorter := func(n int, f picture.Filter) image.Image {
		size := picture.ShorterSide(img.Bounds().Size(), n)
		return resample(c, img, size.X, size.Y, f)
	}
	switch words[2] {
	case "resize_u8":
		img = shorter(about.Resize, picture.Bilinear)
	case "resize_crop_u8":
		img = picture.CropCenter(shorter(about.Resize, picture.Bilinear), about.Crop, about.Crop)
	case "bicubic_resize_crop_u8":
		img = picture.CropCenter(shorter(about.Crop, picture.Bicubic), about.Crop, about.Crop)
	case "resize_square_u8":
		img = resample(c, img, about.Resize, about.Resize, picture.Bilinear)
	default:
		c.Errorf("%s: no case of that name is known", name)
		return
	}
	comparePicture(c, g, name, img)
}

func checkTensorPipeline(c *Check, g *golden.File, about resizeSettings, name string, words []string) {
	if words[0] == "center_crop" {
		d := g.Shape("expected." + name)
		out := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node { return []*Node{classify.CropCenter(a[0], d[2], d[3])} }), nil, g.Tensor("inputs.x"))
		c.Tensor(out[0], g, "expected."+name, golden.Exact())
		return
	}
	p := imageNetSettings(about.Resize, about.Crop)
	img := pictureOf(g, photos[words[1]])
	out := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node { return []*Node{p.Preprocess(a[0])} }), nil, tensorOf(c, img))
	c.Tensor(out[0], g, "expected."+name, golden.RMS(layerTolerance))
}
