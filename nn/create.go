package nn

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Init says how a new parameter starts.
type Init struct {
	constant float64
	std      float64
	fanIn    bool
}

// Constant starts every element at v.
func Constant(v float64) Init { return Init{constant: v} }

// Normal draws elements from a normal distribution of the given standard deviation.
func Normal(std float64) Init { return Init{std: std} }

// FanIn draws from a normal distribution of standard deviation gain/sqrt(inputs per output), with the inputs counted
// from the shape: height*width*in for a kernel, in for a linear weight.
func FanIn(gain float64) Init { return Init{std: gain, fanIn: true} }

// Create makes the parameters of a new network: build is run on a graph that is thrown away, with arguments of the
// given shapes, and whatever parameters it asks for are drawn from generators seeded by seed and the parameter's name,
// so that adding a layer leaves the others' values as they were.
func Create(backend compute.Backend, seed uint64, build func(s Scope, args []*Node), args ...shapes.Shape) (*Params, error) {
	specs, err := describe(backend, build, args)
	if err != nil {
		return nil, fmt.Errorf("creating a network: %w", err)
	}
	p := NewParams()
	for name, s := range specs {
		p.Set(name, tensors.FromFlatDataAndDimensions(s.draw(seed, name), s.dims...))
	}
	return p, nil
}

func (s spec) draw(seed uint64, name string) []float32 {
	n := 1
	for _, d := range s.dims {
		n *= d
	}
	std := s.init.std
	if s.init.fanIn {
		inputs := s.dims[len(s.dims)-1] // [out, in]
		if len(s.dims) == 4 {
			inputs = s.dims[0] * s.dims[1] * s.dims[2] // [height, width, in, out]
		}
		std /= math.Sqrt(float64(inputs))
	}
	rng := Stream(seed, "init/"+name)
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(s.init.constant)
		if std > 0 {
			out[i] += float32(std * rng.NormFloat64())
		}
	}
	return out
}

// Stream returns the random generator of the given name under a seed. Streams of different names are independent, so
// that what one part of a computation draws never changes what another part draws.
func Stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails to write
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Gaussian fills a new slice with n standard normal numbers from the named stream.
func Gaussian(seed uint64, name string, n int) []float32 {
	rng := Stream(seed, name)
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}
