package onnx

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/nn"
)

// elementwise are the operators that work on each element alone.
var elementwise = map[string]operator{
	"Identity": {1, 1, func(_ *walk, c *call) []*value { return []*value{c.input(0)} }},
	"Dropout":  {1, 3, func(_ *walk, c *call) []*value { return []*value{c.input(0)} }}, // as in evaluation

	"Relu":        unary(func(x float64) float64 { return max(x, 0) }, nn.ReLU),
	"Sigmoid":     unary(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, Sigmoid),
	"Tanh":        unary(math.Tanh, Tanh),
	"Erf":         unary(math.Erf, Erf),
	"Sqrt":        unary(math.Sqrt, Sqrt),
	"Exp":         unary(math.Exp, Exp),
	"Log":         unary(math.Log, Log),
	"Neg":         unary(func(x float64) float64 { return -x }, Neg),
	"Abs":         unary(math.Abs, Abs),
	"Floor":       unary(math.Floor, Floor),
	"Ceil":        unary(math.Ceil, Ceil),
	"Reciprocal":  unary(func(x float64) float64 { return 1 / x }, Reciprocal),
	"Softplus":    unary(func(x float64) float64 { return math.Log1p(math.Exp(x)) }, Softplus),
	"LeakyRelu":   {1, 1, leakyReLU},
	"Elu":         {1, 1, elu},
	"PRelu":       {2, 2, parametricReLU},
	"HardSigmoid": {1, 1, hardSigmoid},
	"HardSwish":   {1, 1, hardSwish},
	"Gelu":        {1, 1, gelu},
	"Clip":        {1, 3, clip},
	"Cast":        {1, 1, cast},

	"Add": pairwise(func(a, b float64) float64 { return a + b }, Add),
	"Sub": pairwise(func(a, b float64) float64 { return a - b }, Sub),
	"Mul": pairwise(func(a, b float64) float64 { return a * b }, Mul),
	"Div": {2, 2, divide},
	"Mod": {2, 2, modulo},
	"Pow": {2, 2, power},
	"Min": {1, many, extreme(math.Min, Min)},
	"Max": {1, many, extreme(math.Max, Max)},

	"Equal":          comparison(func(a, b float64) bool { return a == b }, Equal),
	"Less":           comparison(func(a, b float64) bool { return a < b }, LessThan),
	"LessOrEqual":    comparison(func(a, b float64) bool { return a <= b }, LessOrEqual),
	"Greater":        comparison(func(a, b float64) bool { return a > b }, GreaterThan),
	"GreaterOrEqual": comparison(func(a, b float64) bool { return a >= b }, GreaterOrEqual),
	"And":            comparison(func(a, b float64) bool { return a != 0 && b != 0 }, LogicalAnd),
	"Or":             comparison(func(a, b float64) bool { return a != 0 || b != 0 }, LogicalOr),
	"Not":            {1, 1, not},
	"Where":          {3, 3, where},
}

// unary is an operator of one input, as the host and as a graph compute it.
func unary(host func(float64) float64, node func(*Node) *Node) operator {
	return operator{1, 1, func(w *walk, c *call) []*value { return w.each(c.input(0), host, node) }}
}

func (w *walk) each(v *value, host func(float64) float64, node func(*Node) *Node) []*value {
	if v.known == nil {
		return []*value{v.like(node(w.plain(v)))}
	}
	out := newConstant(v.kind, v.dims)
	for i := range out.size() {
		out.set(i, host(v.known.get(i)))
	}
	return []*value{knownValue(out)}
}

// plain returns the value's node in a layout that like understands.
func (w *walk) plain(v *value) *Node {
	if v.kernel {
		return w.first(v)
	}
	return w.any(v)
}

// combine computes a result of each element of the inputs, broadcast to one shape.
func (w *walk) combine(in []*value, result kind, host func([]float64) float64, node func([]*Node) *Node) *value {
	dims := make([][]int, len(in))
	known := true
	for i, v := range in {
		dims[i] = v.dims
		known = known && v.known != nil
	}
	shape := broadcast(dims...)
	if !known {
		nodes, last := w.aligned(in)
		return valueOf(node(nodes), last)
	}
	out := newConstant(result, shape)
	index, args := make([]int, len(shape)), make([]float64, len(in))
	for i := range out.size() {
		for j, v := range in {
			args[j] = v.known.get(broadcastFlat(index, v.dims))
		}
		out.set(i, host(args))
		advance(index, shape)
	}
	return knownValue(out)
}

func pairwise(host func(a, b float64) float64, node func(a, b *Node) *Node) operator {
	return operator{2, 2, func(w *walk, c *call) []*value {
		w.sameKind(c)
		return []*value{w.pair(c.input(0), c.input(1), c.input(0).kind, host, node)}
	}}
}

func comparison(host func(a, b float64) bool, node func(a, b *Node) *Node) operator {
	return operator{2, 2, func(w *walk, c *call) []*value {
		w.sameKind(c)
		return []*value{w.pair(c.input(0), c.input(1), boolean, func(a, b float64) float64 { return float64(truth(host(a, b))) }, node)}
	}}
}

func (w *walk) pair(a, b *value, result kind, host func(a, b float64) float64, node func(a, b *Node) *Node) *value {
	return w.combine([]*value{a, b}, result, func(x []float64) float64 { return host(x[0], x[1]) },
		func(x []*Node) *Node { return node(x[0], x[1]) })
}

// sameKind refuses inputs of different kinds.
func (w *walk) sameKind(c *call) {
	for i := range c.in {
		if c.input(i).kind != c.input(0).kind {
			exceptions.Panicf("input %d is of another type than input 0", i)
		}
	}
}

func divide(w *walk, c *call) []*value {
	w.sameKind(c)
	k := c.input(0).kind
	return []*value{w.pair(c.input(0), c.input(1), k, func(a, b float64) float64 {
		if k == float {
			return a / b
		}
		if b == 0 {
			exceptions.Panicf("an integer is divided by zero")
		}
		return math.Trunc(a / b)
	}, Div)}
}

func modulo(w *walk, c *call) []*value {
	w.sameKind(c)
	v := w.pair(c.input(0), c.input(1), c.input(0).kind, func(a, b float64) float64 {
		if b == 0 {
			exceptions.Panicf("a remainder of a division by zero")
		}
		if r := math.Mod(a, b); c.int("fmod", 0) != 0 || r == 0 || (r < 0) == (b < 0) {
			return r
		}
		return math.Mod(a, b) + b // the sign of the divisor, as in Python
	}, func(a, b *Node) *Node {
		exceptions.Panicf("remainders of what depends on the picture are not supported")
		return nil
	})
	return []*value{v}
}

// power takes the common exponents apart: the gradient of the general power is undefined for bases that are not
// positive, and slow.
func power(w *walk, c *call) []*value {
	base, exponent := c.input(0), c.input(1)
	if exponent.kind != base.kind {
		exponent = w.convert(exponent, base.kind)
	}
	if e := exponent.known; e != nil && e.size() == 1 && len(e.dims) <= len(base.dims) {
		node := func(x *Node) *Node { return Pow(x, ConstAs(x, e.get(0))) }
		switch e.get(0) {
		case 0.5:
			node = Sqrt
		case 1:
			node = func(x *Node) *Node { return x }
		case 2:
			node = Square
		case 3:
			node = func(x *Node) *Node { return Mul(x, Square(x)) }
		}
		return w.each(base, func(x float64) float64 { return math.Pow(x, e.get(0)) }, node)
	}
	return []*value{w.pair(base, exponent, base.kind, math.Pow, Pow)}
}

func extreme(host func(a, b float64) float64, node func(a, b *Node) *Node) func(*walk, *call) []*value {
	return func(w *walk, c *call) []*value {
		w.sameKind(c)
		out := c.input(0)
		for _, next := range c.in[1:] {
			out = w.pair(out, next, out.kind, host, node)
		}
		return []*value{out}
	}
}

func leakyReLU(w *walk, c *call) []*value {
	alpha := c.float("alpha", 0.01)
	return w.each(c.input(0), func(x float64) float64 { return max(x, 0) + alpha*min(x, 0) }, func(x *Node) *Node {
		return Where(GreaterThan(x, ZerosLike(x)), x, MulScalar(x, alpha))
	})
}

func elu(w *walk, c *call) []*value {
	alpha := c.float("alpha", 1)
	return w.each(c.input(0), func(x float64) float64 { return max(x, 0) + alpha*math.Expm1(min(x, 0)) }, func(x *Node) *Node {
		zero := ZerosLike(x)
		return Where(GreaterThan(x, zero), x, MulScalar(MinusOne(Exp(Min(x, zero))), alpha))
	})
}

func parametricReLU(w *walk, c *call) []*value {
	w.sameKind(c)
	return []*value{w.pair(c.input(0), c.input(1), float, func(x, slope float64) float64 { return max(x, 0) + slope*min(x, 0) },
		func(x, slope *Node) *Node { return Add(nn.ReLU(x), Mul(slope, Min(x, ZerosLike(x)))) })}
}

func hardSigmoid(w *walk, c *call) []*value {
	alpha, beta := c.float("alpha", 0.2), c.float("beta", 0.5)
	return w.each(c.input(0), func(x float64) float64 { return min(max(alpha*x+beta, 0), 1) }, func(x *Node) *Node {
		return ClipScalar(AddScalar(MulScalar(x, alpha), beta), 0, 1)
	})
}

func hardSwish(w *walk, c *call) []*value {
	return w.each(c.input(0), func(x float64) float64 { return x * min(max(x/6+0.5, 0), 1) }, func(x *Node) *Node {
		return Mul(x, ClipScalar(AddScalar(MulScalar(x, 1.0/6), 0.5), 0, 1))
	})
}

func gelu(w *walk, c *call) []*value {
	switch mode := c.text("approximate", "none"); mode {
	case "none":
		return w.each(c.input(0), func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }, func(x *Node) *Node {
			return Mul(MulScalar(x, 0.5), OnePlus(Erf(MulScalar(x, 1/math.Sqrt2))))
		})
	case "tanh":
		scale := math.Sqrt(2 / math.Pi)
		return w.each(c.input(0), func(x float64) float64 { return x / 2 * (1 + math.Tanh(scale*(x+0.044715*x*x*x))) }, func(x *Node) *Node {
			cubic := Add(x, MulScalar(Mul(x, Square(x)), 0.044715))
			return Mul(MulScalar(x, 0.5), OnePlus(Tanh(MulScalar(cubic, scale))))
		})
	default:
		exceptions.Panicf("approximate is %q; legal are none and tanh", mode)
		return nil
	}
}

// clip has its bounds as attributes before operator set 11, as optional inputs since.
func clip(w *walk, c *call) []*value {
	lo, hi := c.float("min", math.Inf(-1)), c.float("max", math.Inf(1))
	if c.has(1) {
		lo = w.scalar(c.in[1], "the lower bound")
	}
	if c.has(2) {
		hi = w.scalar(c.in[2], "the upper bound")
	}
	return w.each(c.input(0), func(x float64) float64 { return min(max(x, lo), hi) }, func(x *Node) *Node {
		if !math.IsInf(lo, -1) {
			x = MaxScalar(x, lo)
		}
		if !math.IsInf(hi, 1) {
			x = MinScalar(x, hi)
		}
		return x
	})
}

func cast(w *walk, c *call) []*value {
	k, err := kindOf(int64(c.int("to", 0)))
	if err != nil {
		exceptions.Panicf("%v", err)
	}
	return []*value{w.convert(c.input(0), k)}
}

func (w *walk) convert(v *value, k kind) *value {
	if v.kind == k {
		return v
	}
	if v.known == nil {
		return v.like(ConvertDType(w.plain(v), map[kind]dtypes.DType{float: w.dtype, integer: dtypes.Int64, boolean: dtypes.Bool}[k]))
	}
	out := newConstant(k, v.dims)
	for i := range out.size() {
		out.set(i, v.known.get(i))
	}
	return knownValue(out)
}

func not(w *walk, c *call) []*value {
	return w.each(c.input(0), func(x float64) float64 { return 1 - x }, LogicalNot)
}

func where(w *walk, c *call) []*value {
	condition, a, b := c.input(0), c.input(1), c.input(2)
	if condition.kind != boolean || a.kind != b.kind {
		exceptions.Panicf("wanted are a condition and two inputs of one type")
	}
	shape := broadcast(condition.dims, a.dims, b.dims)
	return []*value{w.combine([]*value{condition, a, b}, a.kind, func(x []float64) float64 {
		if x[0] != 0 {
			return x[1]
		}
		return x[2]
	}, func(x []*Node) *Node {
		_, last := w.aligned([]*value{condition, a, b})
		dims := shape
		if last {
			dims = []int{shape[0], shape[2], shape[3], shape[1]}
		}
		for i := range x {
			x[i] = spread(x[i], dims)
		}
		return Where(x[0], x[1], x[2])
	})}
}

// spread broadcasts a node of the same rank, or a scalar, to dims.
func spread(x *Node, dims []int) *Node { return BroadcastToDims(x, dims...) }
