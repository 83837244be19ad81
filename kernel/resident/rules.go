package resident

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"otherwise/kernel/program"
)

// rule gives the shapes of an operation's results.
type rule func(b *builder, args []any) ([][]shapes.Shape, error)

// rules are those of the commonest operations, and of those that take functions, which can't be asked for alone.
var rules = map[string]rule{
	"Parameter": func(_ *builder, a []any) ([][]shapes.Shape, error) { return one(a[1].(shapes.Shape), nil) },
	"Constant":  constantShape,
	"Identity":  on1(func(x shapes.Shape, _ []any) (shapes.Shape, error) { return x, nil }),
	"Reverse":   on1(func(x shapes.Shape, _ []any) (shapes.Shape, error) { return x, nil }),
	"ConvertDType": on1(func(x shapes.Shape, a []any) (shapes.Shape, error) {
		return shapes.Make(a[1].(dtypes.DType), x.Dimensions...), nil
	}),
	"Where": func(b *builder, a []any) ([][]shapes.Shape, error) {
		s, err := operandShapes(b, a)
		if err != nil {
			return nil, err
		}
		return one(shapeinference.Where(s[0], s[1], s[2]))
	},
	"Reshape": on1(func(x shapes.Shape, a []any) (shapes.Shape, error) { return shapeinference.Reshape(x, a[1].([]int)) }),
	"Transpose": on1(func(x shapes.Shape, a []any) (shapes.Shape, error) {
		return shapeinference.Transpose(x, a[1].([]int))
	}),
	"Slice": on1(func(x shapes.Shape, a []any) (shapes.Shape, error) {
		return shapeinference.Slice(x, a[1].([]int), a[2].([]int), a[3].([]int))
	}),
	"Concatenate": func(b *builder, a []any) ([][]shapes.Shape, error) {
		s, err := b.shapesOf(a[1].([]compute.Value))
		if err != nil {
			return nil, err
		}
		return one(shapeinference.Concatenate(s, a[0].(int)))
	},
	"Call":  func(_ *builder, a []any) ([][]shapes.Shape, error) { return functionShapes(a[0]) },
	"If":    func(_ *builder, a []any) ([][]shapes.Shape, error) { return functionShapes(a[1]) },
	"While": func(b *builder, a []any) ([][]shapes.Shape, error) { return sameShapes(b, a[2]) },
	"Sort":  func(b *builder, a []any) ([][]shapes.Shape, error) { return sameShapes(b, a[3]) },
}

func init() {
	for op := range shapeinference.StandardBinaryOperations {
		rules[op.String()] = binary(op, shapeinference.BinaryOp)
	}
	for op := range shapeinference.ComparisonOperations {
		rules[op.String()] = binary(op, shapeinference.ComparisonOp)
	}
	for op := range shapeinference.StandardUnaryOperations {
		rules[op.String()] = on1(func(x shapes.Shape, _ []any) (shapes.Shape, error) { return shapeinference.UnaryOp(op, x) })
	}
	for _, name := range []string{"ReduceSum", "ReduceMax", "ReduceMin", "ReduceProduct"} {
		rules[name] = on1(func(x shapes.Shape, a []any) (shapes.Shape, error) { return reduced(x, a[1].([]int)) })
	}
}

// reduced is the shape without some axes; no axes stand for all of them, which shapeinference.Reduce reads as none.
func reduced(x shapes.Shape, axes []int) (shapes.Shape, error) {
	if len(axes) == 0 {
		return shapes.Make(x.DType), nil
	}
	return shapeinference.Reduce(x, axes)
}

func one(s shapes.Shape, err error) ([][]shapes.Shape, error) {
	if err != nil {
		return nil, err
	}
	return [][]shapes.Shape{{s}}, nil
}

// on1 is the rule of an operation whose first argument is its only operand.
func on1(shape func(x shapes.Shape, args []any) (shapes.Shape, error)) rule {
	return func(b *builder, args []any) ([][]shapes.Shape, error) {
		x, err := b.OpShape(args[0])
		if err != nil {
			return nil, err
		}
		return one(shape(x, args))
	}
}

func binary(op compute.OpType, shape func(compute.OpType, shapes.Shape, shapes.Shape) (shapes.Shape, error)) rule {
	return func(b *builder, args []any) ([][]shapes.Shape, error) {
		s, err := operandShapes(b, args)
		if err != nil {
			return nil, err
		}
		return one(shape(op, s[0], s[1]))
	}
}

// operandShapes are the shapes of arguments that are all values.
func operandShapes(b *builder, args []any) ([]shapes.Shape, error) {
	values := make([]compute.Value, len(args))
	for i, a := range args {
		values[i] = a
	}
	return b.shapesOf(values)
}

func (b *builder) shapesOf(values []compute.Value) ([]shapes.Shape, error) {
	all := make([]shapes.Shape, len(values))
	for i, v := range values {
		s, err := b.OpShape(v)
		if err != nil {
			return nil, err
		}
		all[i] = s
	}
	return all, nil
}

func constantShape(_ *builder, args []any) ([][]shapes.Shape, error) {
	dtype, memory, err := program.FlatBytes(args[0])
	if err != nil {
		return nil, err
	}
	dims := args[1].([]int)
	if i := slices.IndexFunc(dims, func(d int) bool { return d < 0 }); i >= 0 {
		return nil, errors.Errorf("dimension %d of a constant is %d", i, dims[i])
	}
	s := shapes.Make(dtype, dims...)
	if int(s.ByteSize()) != len(memory) {
		return nil, errors.Errorf("%d bytes of values for shape %s, which takes %d", len(memory), s, s.ByteSize())
	}
	return one(s, nil)
}

// functionShapes are what a function returns.
func functionShapes(arg any) ([][]shapes.Shape, error) {
	f, ok := arg.(*function)
	if !ok || f == nil {
		return nil, errors.Errorf("a %T is no function of backend %s", arg, Name)
	}
	if !f.returned {
		return nil, errors.Errorf("function %q has not returned yet", f.name)
	}
	return [][]shapes.Shape{f.outputs}, nil
}

func sameShapes(b *builder, arg any) ([][]shapes.Shape, error) {
	s, err := b.shapesOf(arg.([]compute.Value))
	return [][]shapes.Shape{s}, err
}
