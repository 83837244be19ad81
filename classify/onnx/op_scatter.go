package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/support/exceptions"
)

// scatterND replaces parts of a tensor: indices [..., k] name the first k axes of each part. Exported window attention builds
// its masks so, from shapes alone; only what is known on the host is supported.
func scatterND(w *walk, c *call) []*value {
	data, indices, updates := w.constants(c.input(0), "the tensor scattered into"), w.constants(c.input(1), "an index"), w.constants(c.input(2), "an update")
	if c.text("reduction", "none") != "none" || len(indices.dims) == 0 || indices.kind != integer || data.kind != updates.kind {
		exceptions.Panicf("wanted are integer indices, two tensors of one type, and no reduction")
	}
	places, k := indices.dims[:len(indices.dims)-1], indices.dims[len(indices.dims)-1]
	if k > len(data.dims) || !slices.Equal(updates.dims, slices.Concat(places, data.dims[min(k, len(data.dims)):])) {
		exceptions.Panicf("updates of shape %v at indices %v of shape %v", updates.dims, indices.dims, data.dims)
	}
	out := *data
	out.floats, out.ints = slices.Clone(data.floats), slices.Clone(data.ints)
	part := size(data.dims[k:])
	for i := range size(places) {
		at := make([]int, k)
		for j, p := range indices.ints[i*k : (i+1)*k] {
			if p < int64(-data.dims[j]) || p >= int64(data.dims[j]) {
				exceptions.Panicf("index %d of axis %d of shape %v", p, j, data.dims)
			}
			at[j] = (int(p) + data.dims[j]) % data.dims[j]
		}
		from := flat(at, data.dims[:k]) * part
		if data.kind == float {
			copy(out.floats[from:from+part], updates.floats[i*part:])
		} else {
			copy(out.ints[from:from+part], updates.ints[i*part:])
		}
	}
	return []*value{knownValue(&out)}
}
