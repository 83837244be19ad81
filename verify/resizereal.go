package verify

import (
	"image"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/datasets/picture"
	"otherwise/internal/formula"
	"otherwise/internal/golden"
	"otherwise/nn"
)

func imageNetSettings(resize, crop int) classify.Preprocessing {
	return classify.Preprocessing{Resize: resize, Crop: crop, Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}
}

// realPipelines are the pre-processings at their usual sizes; those of pictures resize with Pillow's arithmetic, those of tensors
// in the graph.
func realPipelines() map[string]struct {
	settings classify.Preprocessing
	tensor   bool
	filter   picture.Filter // other than what settings say
} {
	type pipeline = struct {
		settings classify.Preprocessing
		tensor   bool
		filter   picture.Filter
	}
	plain, square := imageNetSettings(256, 224), imageNetSettings(256, 224)
	plain.NoAntialias, square.Square = true, true
	clip := classify.Preprocessing{Resize: 224, Crop: 224, Interpolation: nn.Bicubic, Mean: []float64{0.48145466, 0.4578275, 0.40821073},
		Std: []float64{0.26862954, 0.26130258, 0.27577711}}
	half := []float64{0.5, 0.5, 0.5}
	return map[string]pipeline{
		"imagenet_pil":                              {settings: imageNetSettings(256, 224)},
		"imagenet_tensor":                           {settings: imageNetSettings(256, 224), tensor: true},
		"imagenet_tensor_no_antialias":              {settings: plain, tensor: true},
		"ldce_pil_square256_crop224":                {settings: square},
		"openclip_pil_bicubic224":                   {settings: clip},
		"pil_lanczos_square256_to_minus1_1_crop224": {settings: classify.Preprocessing{Crop: 224, Mean: half, Std: half}, filter: picture.Lanczos},
	}
}

// checkRealSize checks one pre-processing of a picture that a formula makes: values at some positions, and their moments.
func checkRealSize(c *Check, g *golden.File, about resizeSettings, name string) {
	p, known := realPipelines()[name]
	if !known {
		c.Errorf("real.%s: no pre-processing of that name is known", name)
		return
	}
	var img image.Image = realPicture(about.Real[0], about.Real[1])
	row := make([]int32, 0, 3*about.Real[1])
	for x := range about.Real[1] {
		r, gr, b, _ := img.At(x, 0).RGBA()
		row = append(row, int32(r>>8), int32(gr>>8), int32(b>>8))
	}
	c.Integers("real.first_row_u8", row, g.Ints("inputs.real.first_row_u8"))
	input := tensorOf(c, img)
	if !p.tensor {
		if p.filter != "" {
			img = resample(c, img, 256, 256, p.filter)
		}
		pixels, size, err := p.settings.Pixels(img)
		if err != nil {
			c.Fatal(err)
		}
		input = tensors.FromFlatDataAndDimensions(pixels, 1, size.Y, size.X, 3)
	}
	out := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node { return []*Node{p.settings.Preprocess(a[0])} }), nil, input)
	values, d := Values(c, out[0]), out[0].Shape().Dimensions
	positions := g.Ints("inputs.real.positions_chw")
	var picked []float32
	for i := 0; i < len(positions); i += 3 {
		picked = append(picked, values[(int(positions[i+1])*d[2]+int(positions[i+2]))*3+int(positions[i])])
	}
	want := "expected.real." + name
	c.Near(want+".values", picked, Values(c, g.Tensor(want+".values")), golden.RMS(layerTolerance))
	var sum, squares float64
	for _, v := range values {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	n := float64(len(values))
	std := math.Sqrt((squares - sum*sum/n) / (n - 1))
	c.Near(want+".mean_std", []float32{float32(sum / n), float32(std)}, Values(c, g.Tensor(want+".mean_std")), golden.RMS(layerTolerance))
}

// realPicture is the picture of the reference data's formula.
func realPicture(height, width int) image.Image {
	u := formula.Values("resize:photo", height*width*3, 1, 0)
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			for channel := range 3 {
				pattern := ((7*x+3*y+50*channel)/4 + (x/16+y/16)%2*60) % 200
				img.Pix[4*(y*width+x)+channel] = uint8(pattern + int(math.Floor((float64(u[(y*width+x)*3+channel])+1)*20)))
			}
			img.Pix[4*(y*width+x)+3] = 255
		}
	}
	return img
}

func resample(c *Check, img image.Image, width, height int, f picture.Filter) image.Image {
	out, err := picture.Resample(img, width, height, f)
	if err != nil {
		c.Fatal(err)
	}
	return out
}

// pictureOf is the picture of a golden tensor [height, width, 3] of bytes.
func pictureOf(g *golden.File, name string) image.Image {
	data, shape := g.Bytes(name), g.Shape(name)
	img := image.NewNRGBA(image.Rect(0, 0, shape[1], shape[0]))
	for i := range shape[0] * shape[1] {
		copy(img.Pix[4*i:], data[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img
}

// bytesOf lists a picture's red, green and blue.
func bytesOf(img image.Image) []int32 {
	var out []int32
	bounds := img.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			out = append(out, int32(r>>8), int32(g>>8), int32(b>>8))
		}
	}
	return out
}

// comparePicture compares a picture with a golden tensor [height, width, 3] of bytes.
func comparePicture(c *Check, g *golden.File, name string, got image.Image) {
	c.Add("expected."+name, golden.Compare(bytesOf(got), g.Ints("expected."+name), golden.OffByOne(0.01)))
}

// tensorOf is a picture's values [1, height, width, 3] in [0, 1].
func tensorOf(c *Check, img image.Image) *tensors.Tensor {
	values, err := picture.ToFloats(img, 3)
	if err != nil {
		c.Fatal(err)
	}
	return tensors.FromFlatDataAndDimensions(values, 1, img.Bounds().Dy(), img.Bounds().Dx(), 3)
}
