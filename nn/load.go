package nn

import (
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"otherwise/internal/hugepages"
	"otherwise/weights"
)

// LoadOptions say where a network's parameters go and how they are stored. The zero value keeps them in host memory as
// float32; the first program that uses them takes them to its device.
type LoadOptions struct {
	// Backend, unless nil, takes each parameter to its device as it is read, so that host memory never holds more of
	// them than there are processors.
	Backend compute.Backend
	// Precision is float32 (default), float16 or bfloat16: the type in which matrices and kernels are stored. Vectors,
	// which are biases and the scales of norms, stay float32 in any case: they take no memory to speak of.
	Precision dtypes.DType
}

// LoadParams reads every tensor of floating-point numbers as float32 into host memory: [Load] with no options.
func LoadParams(src weights.Source) (*Params, error) { return Load(src, LoadOptions{}) }

// Load reads every tensor of floating-point numbers, turning convolution kernels from the published [out, in, height,
// width] to [height, width, in, out]. Tensors of integers are left out: published files keep buffers in them that no
// layer reads, such as position_ids and num_batches_tracked. A finite value that the precision can't hold is an error.
func Load(src weights.Source, o LoadOptions) (*Params, error) {
	if o.Precision == dtypes.InvalidDType {
		o.Precision = dtypes.Float32
	}
	if o.Precision != dtypes.Float32 && o.Precision != dtypes.Float16 && o.Precision != dtypes.BFloat16 {
		return nil, fmt.Errorf("precision is %s; legal are float32, float16 and bfloat16", o.Precision)
	}
	var names []string
	for _, name := range src.Names() {
		dtype, _, err := src.Info(name)
		if err != nil {
			return nil, err
		}
		if dtype.IsFloat() {
			names = append(names, name)
		}
	}
	values, err := loadAll(src, names, o)
	if err != nil {
		return nil, err
	}
	p := NewParams()
	for i, name := range names {
		p.Set(name, values[i])
	}
	return p, nil
}

// loadAll reads tensors on all processors, each of which goes on with the next that nobody has begun.
func loadAll(src weights.Source, names []string, o LoadOptions) ([]*tensors.Tensor, error) {
	values := make([]*tensors.Tensor, len(names))
	var next atomic.Int64
	var group errgroup.Group
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		group.Go(func() error {
			l := loader{src: src, options: o}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(names) {
					return nil
				}
				_, shape, err := src.Info(names[i])
				if err == nil {
					values[i], err = l.load(names[i], shape)
				}
				if err != nil {
					next.Store(int64(len(names))) // the others stop too
					return fmt.Errorf("parameter %q: %w", names[i], err)
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		Free(values...)
		return nil, err
	}
	return values, nil
}

// loader reads tensors through buffers that it uses again for the next.
type loader struct {
	src            weights.Source
	options        LoadOptions
	read, permuted []float32
}

func (l *loader) load(name string, shape []int) (*tensors.Tensor, error) {
	stored := shapes.Make(l.options.Precision, shape...)
	if len(shape) == 4 {
		stored = shapes.Make(l.options.Precision, shape[2], shape[3], shape[1], shape[0])
	}
	if len(shape) < 2 {
		stored.DType = dtypes.Float32
	}
	fill := func(flat any) error { return l.fill(flat, name, shape) }
	if b := l.options.Backend; b != nil && b.HasSharedBuffers() && stored.Size() > 0 {
		return shared(b, stored, fill)
	}
	t := tensors.FromShape(stored)
	var failed error
	if err := t.MutableFlatData(func(flat any) { failed = fill(flat) }); err != nil {
		return nil, err
	}
	if failed != nil || l.options.Backend == nil {
		return t, failed
	}
	return t, t.ToDevice(l.options.Backend, 0)
}

// shared returns a tensor in memory of the device to which the host can write.
func shared(backend compute.Backend, shape shapes.Shape, fill func(flat any) error) (*tensors.Tensor, error) {
	buffer, flat, err := backend.NewSharedBuffer(0, shape)
	if err != nil {
		return nil, err
	}
	hugepages.Advise(dtypes.UnsafeByteSliceFromAny(flat))
	if err := fill(flat); err != nil {
		_ = buffer.Finalize() // what failed before is what the user is told
		return nil, err
	}
	return tensors.FromBuffer(buffer)
}

// fill puts a tensor's values into flat in the order and the type that they are stored in.
func (l *loader) fill(flat any, name string, shape []int) error {
	n := 1
	for _, d := range shape {
		n *= d
	}
	values, direct := flat.([]float32)
	if !direct {
		values = grown(&l.permuted, n)
	}
	if len(shape) == 4 && shape[2]*shape[3] > 0 {
		read := grown(&l.read, n)
		if err := l.src.Float32Into(name, read); err != nil {
			return err
		}
		KernelToGraph(values, read, shape)
	} else if err := l.src.Float32Into(name, values); err != nil {
		return err
	}
	if direct {
		return nil
	}
	return narrow(flat, values)
}

// grown returns n elements of a buffer, which becomes larger where it must.
func grown(buffer *[]float32, n int) []float32 {
	if cap(*buffer) < n {
		*buffer = make([]float32, n)
	}
	return (*buffer)[:n]
}

// narrow rounds values to the type of flat, which is float16 or bfloat16.
func narrow(flat any, values []float32) error {
	switch out := flat.(type) {
	case []float16.Float16:
		return round(out, values, float16.FromFloat32, "float16")
	case []bfloat16.BFloat16:
		return round(out, values, bfloat16.FromFloat32, "bfloat16")
	}
	return fmt.Errorf("parameters can't be stored as %T", flat)
}

func round[T interface{ Float32() float32 }](out []T, values []float32, convert func(float32) T, precision string) error {
	return inParallel(len(values), 1<<18, func(from, to int) error {
		for i, v := range values[from:to] {
			half := convert(v)
			out[from+i] = half
			if math.IsInf(float64(half.Float32()), 0) && !math.IsInf(float64(v), 0) {
				return fmt.Errorf("element %d is %g, which %s cannot hold; load the network as float32", from+i, v, precision)
			}
		}
		return nil
	})
}
