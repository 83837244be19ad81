package nn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/weights"
)

// Params holds the parameters of one network by name, as tensors in the layout that graphs use. The zero value is not
// usable; see [NewParams] and [LoadParams]. It is not safe to modify a Params while a [Program] is called with it.
type Params struct {
	values map[string]*tensors.Tensor
}

// NewParams returns an empty set of parameters.
func NewParams() *Params { return &Params{values: map[string]*tensors.Tensor{}} }

// ParamsOf makes a set of parameters of tensors by name. The map belongs to it from now on.
func ParamsOf(values map[string]*tensors.Tensor) *Params { return &Params{values: values} }

// Tensors are the parameters by name, for reading.
func (p *Params) Tensors() map[string]*tensors.Tensor { return p.values }

// Export returns the parameters as file tensors of the given type, sorted by name, kernels in the published layout.
func (p *Params) Export(dtype weights.DType) ([]weights.Tensor, error) {
	out := make([]weights.Tensor, 0, len(p.values))
	for _, name := range p.Names() {
		t := p.values[name]
		if t.DType() != dtypes.Float32 {
			return nil, fmt.Errorf("parameter %q is %s; only float32 parameters can be exported", name, t.DType())
		}
		data, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return nil, fmt.Errorf("parameter %q: %w", name, err)
		}
		shape := slices.Clone(t.Shape().Dimensions)
		if len(shape) == 4 {
			data, shape = permute(data, shape, [4]int{3, 2, 0, 1})
		}
		out = append(out, weights.Tensor{Name: name, DType: dtype, Shape: shape, Data: data})
	}
	return out, nil
}

// Names returns the parameters' names in order.
func (p *Params) Names() []string { return slices.Sorted(maps.Keys(p.values)) }

// Get returns the value of a parameter, or nil where there is none of that name.
func (p *Params) Get(name string) *tensors.Tensor { return p.values[name] }

// Set stores the value of a parameter. A value it replaces is left to the garbage collector.
func (p *Params) Set(name string, value *tensors.Tensor) { p.values[name] = value }

// Replace stores the value of a parameter and frees the value it replaces at once.
func (p *Params) Replace(name string, value *tensors.Tensor) error {
	if old := p.values[name]; old != nil {
		if err := old.FinalizeAll(); err != nil {
			return fmt.Errorf("freeing parameter %q: %w", name, err)
		}
	}
	p.values[name] = value
	return nil
}

// Free gives the memory of all values back at once. Nothing else may share them.
func (p *Params) Free() {
	for _, t := range p.values {
		Free(t)
	}
}

// ReplaceParams is [Params.Replace] for several parameters of networks of the same names: values holds the first name's value for
// each network, then the second's.
func ReplaceParams(nets []*Params, names []string, values []*tensors.Tensor) error {
	for i, name := range names {
		for j, net := range nets {
			if err := net.Replace(name, values[len(nets)*i+j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Size returns the number of scalars in all parameters together.
func (p *Params) Size() int {
	n := 0
	for _, t := range p.values {
		n += t.Size()
	}
	return n
}

// Clone returns a copy whose values can be replaced without changing p. The tensors themselves are shared: programs
// never write to their inputs.
func (p *Params) Clone() *Params { return &Params{values: maps.Clone(p.values)} }

// Copy returns a copy that shares nothing with p, in host memory.
func (p *Params) Copy() (*Params, error) {
	out := NewParams()
	for name, t := range p.values {
		c, err := t.LocalClone()
		if err != nil {
			return nil, fmt.Errorf("copying parameter %q: %w", name, err)
		}
		out.values[name] = c
	}
	return out, nil
}

// Subset returns the parameters whose names satisfy keep, sharing their values.
func (p *Params) Subset(keep func(name string) bool) *Params {
	out := NewParams()
	for name, t := range p.values {
		if keep(name) {
			out.values[name] = t
		}
	}
	return out
}

// ZerosLike returns parameters of the same names and shapes that are all zero.
func (p *Params) ZerosLike() *Params {
	out := NewParams()
	for name, t := range p.values {
		out.values[name] = tensors.FromShape(t.Shape())
	}
	return out
}

// permute reorders the axes of a row-major array of rank four: axis i of the result is axis order[i] of the input.
func permute(data []float32, shape []int, order [4]int) ([]float32, []int) {
	var stride, dims [4]int
	s := 1
	for i := 3; i >= 0; i-- {
		stride[i] = s
		s *= shape[i]
	}
	var step [4]int
	for i, axis := range order {
		dims[i], step[i] = shape[axis], stride[axis]
	}
	out := make([]float32, 0, len(data))
	for a := range dims[0] {
		for b := range dims[1] {
			for c := range dims[2] {
				base := a*step[0] + b*step[1] + c*step[2]
				for d := range dims[3] {
					out = append(out, data[base+d*step[3]])
				}
			}
		}
	}
	return out, dims[:]
}
