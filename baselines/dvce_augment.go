package baselines

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"otherwise/classify"
	"otherwise/nn"
)

// What DVCE's public code changes copies of a picture by before the classifier sees them, each of the two with a chance of its own.
const (
	augmentChance   = 0.7
	augmentDegrees  = 15.0 // largest rotation about the centre, to either side
	augmentShift    = 0.1  // largest shift, as a share of width and height
	augmentDistance = 0.7  // how far towards the middle a corner may move: that share of half the width and height
)

// augmentNumbers is how many random numbers a copy takes: two decisions, a rotation, a shift, four corners.
const augmentNumbers = 13

// augmentations draws the warps of a step's further copies: a tensor [2, (copies-1)*batch, 3, 3] of matrices that take a pixel of the
// changed picture to the place in the original where it is from, first those of rotation and shift, then those of perspective.
// The copies come one after the other, each of the whole batch. The stream's normal numbers become uniform ones by their
// distribution function, so that each picture's depend on its own seed alone.
func augmentations(b *Batch, stream string, copies, height, width int) (*tensors.Tensor, error) {
	batch := len(b.Targets)
	drawn, err := b.Noise(stream, []int{batch, copies - 1, augmentNumbers})
	if err != nil {
		return nil, err
	}
	defer nn.Free(drawn)
	normal, err := tensors.CopyFlatData[float32](drawn)
	if err != nil {
		return nil, fmt.Errorf("augmentations: %w", err)
	}
	n := (copies - 1) * batch
	matrices := make([]float32, 2*n*9)
	for i := range batch {
		for k := range copies - 1 {
			var uniform [augmentNumbers]float64
			for j := range uniform {
				uniform[j] = math.Erfc(-float64(normal[(i*(copies-1)+k)*augmentNumbers+j])/math.Sqrt2) / 2
			}
			at := k*batch + i
			turned, seen := identity, identity
			if uniform[0] < augmentChance {
				turned = rotation(uniform[2:5], height, width)
			}
			if uniform[1] < augmentChance {
				if seen, err = perspective(uniform[5:], height, width); err != nil {
					return nil, err
				}
			}
			for j := range 9 {
				matrices[at*9+j], matrices[(n+at)*9+j] = float32(turned[j]), float32(seen[j])
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(matrices, 2, n, 3, 3), nil
}

// grey is what is seen beside a picture in perspective: 0 in the public code, whose pictures are in [-1, 1].
const grey = 0.5

// homography is a matrix of 3x3 numbers, row by row.
type homography [9]float64

var identity = homography{1, 0, 0, 0, 1, 0, 0, 0, 1}

// rotation takes a pixel back through a shift and a rotation about the picture's centre, of three numbers in [0, 1].
func rotation(uniform []float64, height, width int) homography {
	signed := func(u, largest float64) float64 { return (2*u - 1) * largest }
	sin, cos := math.Sincos(signed(uniform[0], augmentDegrees*math.Pi/180))
	cx, cy := float64(width-1)/2, float64(height-1)/2
	dx, dy := cx+signed(uniform[1], augmentShift*float64(width)), cy+signed(uniform[2], augmentShift*float64(height))
	return homography{cos, sin, cx - cos*dx - sin*dy, -sin, cos, cy + sin*dx - cos*dy, 0, 0, 1}
}

// perspective takes a pixel back from a picture whose corners were moved inwards, of eight numbers in [0, 1].
func perspective(uniform []float64, height, width int) (homography, error) {
	right, bottom := float64(width-1), float64(height-1)
	corners := [4][2]float64{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}
	inwards := [4][2]float64{{1, 1}, {-1, 1}, {-1, -1}, {1, -1}}
	// (u, v) = ((a x + b y + c)/(g x + h y + 1), (d x + e y + f)/(g x + h y + 1)) for the four moved corners (x, y)
	equations, values := mat.NewDense(8, 8, nil), mat.NewVecDense(8, nil)
	for i, c := range corners {
		x := c[0] + inwards[i][0]*uniform[2*i]*augmentDistance*float64(width)/2
		y := c[1] + inwards[i][1]*uniform[2*i+1]*augmentDistance*float64(height)/2
		u, v := c[0], c[1]
		equations.SetRow(2*i, []float64{x, y, 1, 0, 0, 0, -u * x, -u * y})
		equations.SetRow(2*i+1, []float64{0, 0, 0, x, y, 1, -v * x, -v * y})
		values.SetVec(2*i, u)
		values.SetVec(2*i+1, v)
	}
	var solved mat.VecDense
	if err := solved.SolveVec(equations, values); err != nil {
		return identity, fmt.Errorf("augmentations: perspective of a picture of %dx%d pixels: %w", width, height, err)
	}
	h := homography{8: 1}
	copy(h[:8], solved.RawVector().Data)
	return h, nil
}

// augmentedLogProb is the target's log-probability [batch] of pictures x01 [batch, height, width, channels] and, averaged with it, that
// of their copies under warps (see [augmentations]). Without warps it is that of the pictures alone.
func augmentedLogProb(c *classify.Classifier, s nn.Scope, x01, target, warps *Node) *Node {
	if warps == nil {
		return c.LogProb(s, x01, target)
	}
	copies := warps.Shape().Dimensions[1]/x01.Shape().Dimensions[0] + 1
	logProb := c.LogProb(s, Concatenate([]*Node{x01, warpAll(x01, warps)}, 0), repeated(target, copies))
	return ReduceMean(Reshape(logProb, copies, -1), 0)
}

// warpAll makes a copy of each picture for each of the warps, the whole batch for the first, then for the second.
func warpAll(x01, warps *Node) *Node {
	n := warps.Shape().Dimensions[1]
	of := func(i int) *Node { return Reshape(Slice(warps, AxisElem(i)), n, 3, 3) }
	turned := warp(repeated(x01, n/x01.Shape().Dimensions[0]), of(0), true)
	return AddScalar(warp(AddScalar(turned, -grey), of(1), false), grey)
}

// repeated is a batch several times, one after the other.
func repeated(batch *Node, times int) *Node {
	return Concatenate(slices.Repeat([]*Node{batch}, times), 0)
}

// warp makes pictures [batch, height, width, channels] of x of that shape: the pixel at (column, row) is read, bilinearly, where
// the matrix of its picture, [batch, 3, 3], takes it. Beyond the border of x is 0, or with border the nearest pixel.
func warp(x, matrices *Node, border bool) *Node {
	d := x.Shape().Dimensions
	batch, height, width, channels := d[0], d[1], d[2], d[3]
	g := x.Graph()
	along := func(axis int) *Node {
		return Reshape(Iota(g, shapes.Make(x.DType(), height, width), axis), 1, height*width)
	}
	column, row := along(1), along(0)
	component := func(i int) *Node {
		entry := func(j int) *Node { return Reshape(Slice(matrices, AxisRange(), AxisElem(i), AxisElem(j)), batch, 1) }
		return Add(Add(Mul(entry(0), column), Mul(entry(1), row)), BroadcastToDims(entry(2), batch, height*width))
	}
	depth := component(2)
	u, v := Div(component(0), depth), Div(component(1), depth)
	if border {
		u, v = ClipScalar(u, 0, float64(width-1)), ClipScalar(v, 0, float64(height-1))
	}
	left, top := Floor(u), Floor(v)
	shareRight, shareBottom := Sub(u, left), Sub(v, top)
	pixels := Reshape(x, batch*height*width, channels)
	first := MulScalar(Iota(g, shapes.Make(dtypes.Int32, batch, height*width), 0), height*width)
	at := func(columns, rows, weight *Node) *Node {
		inside := func(v *Node, size int) *Node {
			return LogicalAnd(GreaterOrEqual(v, ZerosLike(v)), LessOrEqual(v, ConstAs(v, float64(size-1))))
		}
		weight = Where(LogicalAnd(inside(columns, width), inside(rows, height)), weight, ZerosLike(weight))
		index := func(v *Node, size int) *Node {
			return ConvertDType(ClipScalar(v, 0, float64(size-1)), dtypes.Int32)
		}
		place := Add(first, Add(MulScalar(index(rows, height), width), index(columns, width)))
		return Mul(Gather(pixels, ExpandAxes(place, -1)), ExpandAxes(weight, -1))
	}
	right, bottom := OnePlus(left), OnePlus(top)
	sum := at(left, top, Mul(OneMinus(shareRight), OneMinus(shareBottom)))
	sum = Add(sum, at(right, top, Mul(shareRight, OneMinus(shareBottom))))
	sum = Add(sum, at(left, bottom, Mul(OneMinus(shareRight), shareBottom)))
	sum = Add(sum, at(right, bottom, Mul(shareRight, shareBottom)))
	return Reshape(sum, d...)
}
