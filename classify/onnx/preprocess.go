package onnx

import (
	"fmt"
	"image"

	. "github.com/gomlx/gomlx/core/graph"
)

// takeSizes settles the size of pictures: the file's, where it fixes one, and then the shorter side is resized to it and the
// middle cut out, unless the pre-processing says how pictures get there.
func (n *Network) takeSizes(picture port) error {
	d := picture.dims
	if n.channelsLast {
		d = []int{d[0], d[3], d[1], d[2]}
	}
	n.batch, n.channels, n.height, n.width = d[0], d[1], d[2], d[3]
	if err := n.Preprocessing.Validate(); err != nil {
		return err
	}
	size := n.Preprocessing.Size()
	switch {
	case n.Preprocessing.Resize == 0 && size == 0 && n.height > 0 && n.height == n.width:
		n.Preprocessing.Resize, n.Preprocessing.Crop = n.height, n.height
	case size > 0 && (n.height > 0 && n.height != size || n.width > 0 && n.width != size):
		return fmt.Errorf("pre-processing ends with pictures of %dx%d, and the file takes pictures of %dx%d", size, size, n.width, n.height)
	}
	if size := n.Preprocessing.Size(); size > 0 {
		n.height, n.width = size, size
	}
	return nil
}

// Preprocess turns pictures [batch, height, width, channels] in [0, 1] into the network's input, of the same axes. A network of
// grey pictures takes the luma of coloured ones.
func (n *Network) Preprocess(x01 *Node) *Node {
	if n.channels != 1 {
		return n.Preprocessing.Preprocess(x01)
	}
	if x01.Shape().Dimensions[3] == 3 {
		luma := ConstAsDType(x01.Graph(), x01.DType(), []float64{0.299, 0.587, 0.114}) // ITU-R Rec. 601
		x01 = ReduceAndKeep(Mul(x01, Reshape(luma, 1, 1, 1, 3)), ReduceSum, 3)
	}
	return Slice(n.Preprocessing.Preprocess(x01), AxisRange().Spacer(), AxisElem(0))
}

// Pixels resizes and crops a picture as Preprocess does, with Pillow's arithmetic. See [classify.Preprocessing.Pixels].
func (n *Network) Pixels(img image.Image) (values []float32, size image.Point, err error) {
	return n.Preprocessing.Pixels(img)
}
