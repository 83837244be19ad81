package onnx

import (
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

func concat(w *walk, c *call) []*value {
	w.sameKind(c)
	a := axis(c.int("axis", 0), len(c.input(0).dims))
	dims := slices.Clone(c.input(0).dims)
	dims[a] = 0
	known := true
	for _, v := range c.in {
		if len(v.dims) != len(dims) {
			exceptions.Panicf("shapes %v and %v can't be joined", c.in[0].dims, v.dims)
		}
		for b, d := range v.dims {
			if b != a && d != dims[b] {
				exceptions.Panicf("shapes %v and %v can't be joined along axis %d", c.in[0].dims, v.dims, a)
			}
		}
		dims[a] += v.dims[a]
		known = known && v.known != nil
	}
	if !known {
		nodes, last := w.agree(c.in)
		return []*value{valueOf(Concatenate(nodes, stored(a, last)), last)}
	}
	out := newConstant(c.in[0].kind, dims)
	from := 0
	for _, v := range c.in {
		index := make([]int, len(dims))
		for i := range v.known.size() {
			index[a] += from
			at := flat(index, dims)
			index[a] -= from
			if out.kind == float {
				out.floats[at] = v.known.floats[i]
			} else {
				out.ints[at] = v.known.ints[i]
			}
			advance(index, v.dims)
		}
		from += v.dims[a]
	}
	return []*value{knownValue(out)}
}

// part cuts positions start, start+step, ... (count of them) out of an axis.
func (w *walk) part(x *value, a, start, count, step int) *value {
	dims := slices.Clone(x.dims)
	dims[a] = count
	if x.known != nil {
		return knownValue(x.known.take(dims, func(to []int) int {
			index := slices.Clone(to)
			index[a] = start + step*index[a]
			return flat(index, x.dims)
		}))
	}
	if count < 1 {
		exceptions.Panicf("nothing is left of axis %d of shape %v", a, x.dims)
	}
	n, at := w.plain(x), stored(a, x.last)
	if step < 0 {
		n, start, step = Reverse(n, at), x.dims[a]-1-start, -step
	}
	return valueOf(SliceAxis(n, at, AxisRange(start, start+(count-1)*step+1).Stride(step)), x.last)
}

func split(w *walk, c *call) []*value {
	x := c.input(0)
	a := axis(c.int("axis", 0), len(x.dims))
	sizes := w.intsFrom(c, 1, "split")
	if sizes == nil {
		n := len(c.outputs)
		each := (x.dims[a] + n - 1) / n
		for left := x.dims[a]; left > 0; left -= each {
			sizes = append(sizes, min(each, left))
		}
	}
	var out []*value
	start := 0
	for _, n := range sizes {
		if n < 0 || n > x.dims[a]-start {
			exceptions.Panicf("parts of sizes %v of axis %d of shape %v", sizes, a, x.dims)
		}
		out = append(out, w.part(x, a, start, n, 1))
		start += n
	}
	return out
}

func slice(w *walk, c *call) []*value {
	x := c.input(0)
	starts, ends := w.intsFrom(c, 1, "starts"), w.intsFrom(c, 2, "ends")
	list, steps := w.intsFrom(c, 3, "axes"), []int(nil)
	if c.has(4) {
		steps = w.intsOf(c.in[4], "the steps")
	}
	if list == nil {
		for a := range starts {
			list = append(list, a)
		}
	}
	if len(ends) != len(starts) || len(list) != len(starts) || steps != nil && len(steps) != len(starts) {
		exceptions.Panicf("%d starts, %d ends, %d axes, %d steps", len(starts), len(ends), len(list), len(steps))
	}
	for i, a := range axes(list, len(x.dims)) {
		step := 1
		if steps != nil {
			step = steps[i]
		}
		start, count := cut(starts[i], ends[i], step, x.dims[a])
		if start == 0 && count == x.dims[a] && step == 1 {
			continue
		}
		x = w.part(x, a, start, count, step)
	}
	return []*value{x}
}

// cut brings the bounds of a slice, which may count from the end or lie beyond it, to a first position and a count.
func cut(start, end, step, size int) (first, count int) {
	if step == 0 || step < -math.MaxInt32 || step > math.MaxInt32 {
		exceptions.Panicf("a slice by steps of %d", step)
	}
	if start < 0 {
		start = max(start, -size) + size
	}
	if end < 0 {
		end = max(end, -size-1) + size
	}
	if step > 0 {
		start, end = min(start, size), min(end, size)
		return start, max(0, (end-start+step-1)/step)
	}
	start = min(start, size-1)
	return start, max(0, (start-end-step-1)/-step)
}

func gather(w *walk, c *call) []*value {
	x, indices := c.input(0), c.input(1)
	a := axis(c.int("axis", 0), len(x.dims))
	if indices.kind != integer {
		exceptions.Panicf("indices that are no integers")
	}
	return w.gatherAlong(x, w.constants(indices, "an index"), a)
}

// gatherND is supported where it gathers along the first axis.
func gatherND(w *walk, c *call) []*value {
	x, indices := c.input(0), w.constants(c.input(1), "an index")
	last := len(indices.dims) - 1
	if last < 0 || indices.dims[last] != 1 || indices.kind != integer || c.int("batch_dims", 0) != 0 || len(x.dims) == 0 {
		exceptions.Panicf("indices of shape %v; supported are those of the first axis alone", indices.dims)
	}
	rows := *indices
	rows.dims = indices.dims[:last]
	return w.gatherAlong(x, &rows, 0)
}

// gatherAlong takes the positions of an axis that indices of any shape name.
func (w *walk) gatherAlong(x *value, indices *constant, a int) []*value {
	dims := slices.Concat(x.dims[:a], indices.dims, x.dims[a+1:])
	if len(dims) > maxRank {
		exceptions.Panicf("more than %d axes", maxRank)
	}
	places := slices.Clone(indices.ints)
	for i, p := range places {
		if p < int64(-x.dims[a]) || p >= int64(x.dims[a]) {
			exceptions.Panicf("index %d of axis %d of shape %v", p, a, x.dims)
		}
		if p < 0 {
			places[i] += int64(x.dims[a])
		}
	}
	if x.known != nil {
		index := make([]int, len(x.dims))
		return []*value{knownValue(x.known.take(dims, func(to []int) int {
			copy(index, to[:a])
			index[a] = int(places[flat(to[a:a+len(indices.dims)], indices.dims)])
			copy(index[a+1:], to[a+len(indices.dims):])
			return flat(index, x.dims)
		}))}
	}
	if len(places) == 1 {
		return w.shaped(w.part(x, a, int(places[0]), 1, 1), dims)
	}
	if len(places) == 0 {
		exceptions.Panicf("no indices")
	}
	// GoMLX gathers along the first axis.
	n := w.first(x)
	order := append([]int{a}, without(upTo(len(x.dims)), []int{a})...)
	n = Gather(TransposeAllAxes(n, order...), Reshape(Const(w.graph, places), len(places), 1))
	back := make([]int, len(order))
	for to, from := range order {
		back[from] = to
	}
	return []*value{nodeValue(Reshape(TransposeAllAxes(n, back...), dims...))}
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func pad(w *walk, c *call) []*value {
	x := c.input(0)
	rank := len(x.dims)
	sizes := w.intsFrom(c, 1, "pads")
	over := upTo(rank)
	if c.has(3) {
		over = axes(w.intsOf(c.in[3], "the axes"), rank)
	}
	if len(sizes) != 2*len(over) || slices.ContainsFunc(sizes, func(n int) bool { return n < 0 || n > 1<<15 }) {
		exceptions.Panicf("pads are %v for %d axes; wanted are two numbers from 0 for each", sizes, len(over))
	}
	switch mode := c.text("mode", "constant"); mode {
	case "constant":
		fill := c.float("value", 0)
		if c.has(2) {
			fill = w.scalar(c.in[2], "the padding's value")
		}
		config := make([]PadAxis, rank)
		for i, a := range over {
			config[stored(a, x.last)] = PadAxis{Start: sizes[i], End: sizes[len(over)+i]}
		}
		n := w.plain(x)
		return []*value{valueOf(Pad(n, ConstAs(n, fill), config...), x.last)}
	case "reflect", "edge":
		for i, a := range over {
			x = w.mirror(x, a, sizes[i], sizes[len(over)+i], mode == "reflect")
		}
		return []*value{x}
	default:
		exceptions.Panicf("mode is %q; supported are constant, reflect and edge", mode)
		return nil
	}
}

// mirror pads an axis with what lies at its ends: the neighbours of the outermost element, in reverse, or itself.
func (w *walk) mirror(x *value, a, before, after int, reflect bool) *value {
	n := x.dims[a]
	if reflect && max(before, after) >= n {
		exceptions.Panicf("a reflection by %d and %d of %d elements", before, after, n)
	}
	parts := make([]*Node, 0, 3)
	side := func(count, start, edge int) {
		switch {
		case count == 0:
		case reflect:
			parts = append(parts, w.plain(w.part(x, a, start, count, -1)))
		default:
			for range count {
				parts = append(parts, w.plain(w.part(x, a, edge, 1, 1)))
			}
		}
	}
	side(before, before, 0)
	parts = append(parts, w.plain(x))
	side(after, n-2, n-1)
	return valueOf(Concatenate(parts, stored(a, x.last)), x.last)
}
