package onnx

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// shaping are the operators that ask for shapes, change them, or move elements. What is known stays known.
var shaping = map[string]operator{
	"Shape":           {1, 1, shapeOf},
	"Size":            {1, 1, sizeOf},
	"ConstantOfShape": {1, 1, constantOfShape},
	"Range":           {3, 3, rangeOf},
	"Reshape":         {2, 2, reshape},
	"Flatten":         {1, 1, flatten},
	"Squeeze":         {1, 2, squeeze},
	"Unsqueeze":       {1, 2, unsqueeze},
	"Transpose":       {1, 1, transpose},
	"Expand":          {2, 2, expand},
	"Tile":            {2, 2, tile},
	"Concat":          {1, many, concat},
	"Split":           {1, 2, split},
	"Slice":           {1, 5, slice},
	"Gather":          {2, 2, gather},
	"GatherND":        {2, 2, gatherND},
	"ScatterND":       {3, 3, scatterND},
	"Pad":             {1, 4, pad},
}

func shapeOf(_ *walk, c *call) []*value {
	dims := c.input(0).dims
	clamp := func(i int) int {
		if i < 0 {
			i += len(dims)
		}
		return min(max(i, 0), len(dims))
	}
	from, to := clamp(c.int("start", 0)), clamp(c.int("end", len(dims)))
	return []*value{knownValue(integers(dims[from:max(from, to)]...))}
}

func sizeOf(_ *walk, c *call) []*value {
	out := newConstant(integer, nil)
	out.ints[0] = int64(size(c.input(0).dims))
	return []*value{knownValue(out)}
}

func constantOfShape(w *walk, c *call) []*value {
	fill := newConstant(float, []int{1})
	if a, has := c.attribute("value", kindTensor); has {
		known, err := a.t.decode()
		if err != nil {
			exceptions.Panicf("%v", err)
		}
		if known.size() != 1 {
			exceptions.Panicf("value has %d elements; wanted is one", known.size())
		}
		fill = known
	}
	out := newConstant(fill.kind, w.intsOf(c.input(0), "the shape"))
	for i := range out.size() {
		out.set(i, fill.get(0))
	}
	return []*value{knownValue(out)}
}

func rangeOf(w *walk, c *call) []*value {
	w.sameKind(c)
	start, limit, step := w.scalar(c.input(0), "start"), w.scalar(c.input(1), "limit"), w.scalar(c.input(2), "delta")
	if step == 0 || (limit-start)/step > maxFolded {
		exceptions.Panicf("a range from %g to %g by %g", start, limit, step)
	}
	n := 0
	for x := start; (step > 0 && x < limit) || (step < 0 && x > limit); x = start + float64(n)*step {
		n++
	}
	out := newConstant(c.input(0).kind, []int{n})
	for i := range n {
		out.set(i, start+float64(i)*step)
	}
	return []*value{knownValue(out)}
}

// shaped gives a value another shape of as many elements.
func (w *walk) shaped(v *value, dims []int) []*value {
	if size(dims) != size(v.dims) {
		exceptions.Panicf("shape %v has %d elements, and %v would have %d", v.dims, size(v.dims), dims, size(dims))
	}
	if v.known != nil {
		out := *v.known
		out.dims = dims
		return []*value{knownValue(&out)}
	}
	return []*value{nodeValue(Reshape(w.first(v), dims...))}
}

func reshape(w *walk, c *call) []*value {
	x := c.input(0)
	dims := slices.Clone(w.intsOf(c.input(1), "the shape"))
	open, rest := -1, 1
	for i, d := range dims {
		switch {
		case d == 0 && c.int("allowzero", 0) == 0:
			if i >= len(x.dims) {
				exceptions.Panicf("shape %v copies axis %d of %v", dims, i, x.dims)
			}
			dims[i] = x.dims[i]
		case d == -1 && open < 0:
			open = i
			continue
		case d < 0:
			exceptions.Panicf("shape %v; legal are sizes and at most one -1", dims)
		}
		rest *= max(dims[i], 1)
	}
	if open >= 0 {
		dims[open] = size(x.dims) / rest
	}
	return w.shaped(x, dims)
}

func flatten(w *walk, c *call) []*value {
	x := c.input(0)
	a := c.int("axis", 1)
	if a < -len(x.dims) || a > len(x.dims) {
		exceptions.Panicf("axis %d of a tensor with %d axes", a, len(x.dims))
	}
	if a < 0 {
		a += len(x.dims)
	}
	return w.shaped(x, []int{size(x.dims[:a]), size(x.dims[a:])})
}

func squeeze(w *walk, c *call) []*value {
	x := c.input(0)
	drop := axes(w.intsFrom(c, 1, "axes"), len(x.dims))
	if len(drop) == 0 {
		for a, d := range x.dims {
			if d == 1 {
				drop = append(drop, a)
			}
		}
	}
	return w.shaped(x, without(x.dims, drop))
}

func unsqueeze(w *walk, c *call) []*value {
	x := c.input(0)
	list := w.intsFrom(c, 1, "axes")
	rank := len(x.dims) + len(list)
	if rank > maxRank {
		exceptions.Panicf("more than %d axes", maxRank)
	}
	added := axes(list, rank)
	dims, rest := make([]int, rank), x.dims
	for a := range dims {
		if slices.Contains(added, a) {
			dims[a] = 1
		} else {
			dims[a], rest = rest[0], rest[1:]
		}
	}
	return w.shaped(x, dims)
}

func transpose(w *walk, c *call) []*value {
	x := c.input(0)
	rank := len(x.dims)
	order := c.ints("perm")
	if order == nil {
		for a := range rank {
			order = append(order, rank-1-a)
		}
	}
	if order = axes(order, rank); len(order) != rank {
		exceptions.Panicf("an order of %d axes for %d", len(order), rank)
	}
	dims := make([]int, rank)
	for a, from := range order {
		dims[a] = x.dims[from]
	}
	switch {
	case x.known != nil:
		index := make([]int, rank)
		return []*value{knownValue(x.known.take(dims, func(to []int) int {
			for a, from := range order {
				index[from] = to[a]
			}
			return flat(index, x.dims)
		}))}
	case !x.last && rank == 4 && slices.Equal(order, []int{0, 3, 1, 2}): // the picture lies as it is kept best already
		return []*value{lastValue(w.first(x))}
	}
	node := w.plain(x)
	move := make([]int, rank)
	inPlace := true
	for a, from := range order {
		move[a] = stored(from, x.last)
		inPlace = inPlace && move[a] == a
	}
	if !inPlace {
		node = TransposeAllAxes(node, move...)
	}
	return []*value{nodeValue(node)}
}

func expand(w *walk, c *call) []*value {
	x := c.input(0)
	return []*value{w.spread(x, broadcast(x.dims, w.intsOf(c.input(1), "the shape")))}
}

// spread broadcasts a value to a shape.
func (w *walk) spread(x *value, dims []int) *value {
	if x.known != nil {
		return knownValue(x.known.take(dims, func(index []int) int { return broadcastFlat(index, x.dims) }))
	}
	padded := append(slices.Repeat([]int{1}, len(dims)-len(x.dims)), x.dims...)
	return nodeValue(BroadcastToDims(Reshape(w.first(x), padded...), dims...))
}

func tile(w *walk, c *call) []*value {
	x, times := c.input(0), w.intsOf(c.input(1), "the repeats")
	if len(times) != len(x.dims) || slices.ContainsFunc(times, func(n int) bool { return n < 1 || n > 1<<20 }) {
		exceptions.Panicf("repeats %v of shape %v", times, x.dims)
	}
	// Each axis is split in two, the outer of which is broadcast.
	var split, spreadTo, dims []int
	for a, d := range x.dims {
		split, spreadTo, dims = append(split, 1, d), append(spreadTo, times[a], d), append(dims, times[a]*d)
	}
	return w.shaped(w.spread(w.shaped(x, split)[0], spreadTo), dims)
}
