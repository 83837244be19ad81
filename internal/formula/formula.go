// Package formula makes weights and inputs of any size by an exact integer formula, so that networks of full size can be
// compared between implementations without a file: u[i] is splitmix64 of the FNV-1a hash of the tensor's name.
package formula

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"otherwise/weights"
)

// Hash is FNV-1a of a name, 64 bits.
func Hash(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails to write
	return h.Sum64()
}

// unit is the i-th value under a hash: in [-1, 1), a multiple of 2^-23, exact in float32.
func unit(hash uint64, i int) float64 {
	z := hash + (uint64(i)+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>40)/(1<<23) - 1
}

// Values are n values offset + scale*u under a name, computed in float64 and rounded once.
func Values(name string, n int, scale, offset float64) []float32 {
	out := make([]float32, n)
	fill(out, name, scale, offset)
	return out
}

// fill is [Values] into a slice, on all cores.
func fill(out []float32, name string, scale, offset float64) {
	hash := Hash(name)
	const chunk = 1 << 20
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for begin := 0; begin < len(out); begin += chunk {
		group.Go(func() error {
			for i := begin; i < min(begin+chunk, len(out)); i++ {
				out[i] = float32(offset + scale*unit(hash, i))
			}
			return nil
		})
	}
	_ = group.Wait() // nothing in it can fail
}

// Weights are a network's weights by formula: a [weights.Source].
type Weights struct {
	// Shapes are the tensors' dimensions in the layout of files, by name (see nn.Shapes).
	Shapes map[string][]int
	// Gain scales the tensors of two or more dimensions.
	Gain float64
	// Embedding scales embeddings, class tokens and position tables; 0.5 in the reference data.
	Embedding float64
	// Hashed, unless nil, gives the name whose hash makes a tensor's values: the published name, where the network asks for
	// another.
	Hashed func(name string) string
}

var _ weights.Source = Weights{}

// Names returns the names of all tensors, sorted.
func (w Weights) Names() []string { return slices.Sorted(maps.Keys(w.Shapes)) }

// Info returns F32 and the dimensions of a tensor.
func (w Weights) Info(name string) (weights.DType, []int, error) {
	shape, found := w.Shapes[name]
	if !found {
		return "", nil, fmt.Errorf("no tensor is named %q", name)
	}
	return weights.F32, slices.Clone(shape), nil
}

// Float32 returns a tensor in row-major order.
func (w Weights) Float32(name string) ([]float32, error) {
	_, shape, err := w.Info(name)
	if err != nil {
		return nil, err
	}
	out := make([]float32, size(shape))
	return out, w.Float32Into(name, out)
}

// Float32Into is Float32 into dst, which must have as many elements as the tensor.
func (w Weights) Float32Into(name string, dst []float32) error {
	_, shape, err := w.Info(name)
	if err != nil {
		return err
	}
	if len(dst) != size(shape) {
		return fmt.Errorf("tensor %q has %d elements, not %d", name, size(shape), len(dst))
	}
	hashed := name
	if w.Hashed != nil {
		hashed = w.Hashed(name)
	}
	scale, offset := w.rule(hashed, shape)
	fill(dst, hashed, scale, offset)
	return nil
}

// rule gives scale and offset of a tensor's values by its name and shape.
func (w Weights) rule(name string, shape []int) (scale, offset float64) {
	last := name[strings.LastIndexByte(name, '.')+1:]
	is := func(names ...string) bool { return slices.Contains(names, last) }
	switch {
	case is("running_mean"):
		return 0.1, 0
	case is("running_var"):
		return 0.5, 1
	case strings.Contains(name, "embedding") && !strings.Contains(name, "time_embedding") && is("weight", "positional_embedding", "class_embedding"):
		return w.Embedding, 0
	case is("pos_embed", "cls_token"):
		return w.Embedding, 0
	case len(shape) >= 2:
		return w.Gain * math.Sqrt(3/float64(size(shape[1:]))), 0
	case is("weight"):
		return 0.25, 1
	}
	return 0.1, 0
}

// Int64 is an error: all tensors are of floating-point numbers.
func (w Weights) Int64(name string) ([]int64, error) {
	return nil, fmt.Errorf("tensor %q is made by formula and has no integers", name)
}

// Bytes returns a tensor as little-endian elements in row-major order.
func (w Weights) Bytes(name string) ([]byte, error) {
	values, err := w.Float32(name)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v))
	}
	return out, nil
}

// BytesInto is Bytes into dst, which must have as many bytes as the tensor.
func (w Weights) BytesInto(name string, dst []byte) error {
	raw, err := w.Bytes(name)
	if err != nil {
		return err
	}
	if len(raw) != len(dst) {
		return fmt.Errorf("tensor %q has %d bytes, not %d", name, len(raw), len(dst))
	}
	copy(dst, raw)
	return nil
}

// Close does nothing.
func (w Weights) Close() error { return nil }

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
