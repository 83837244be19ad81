package weights

import (
	"otherwise/weights/internal/pickle"
	"otherwise/weights/internal/refuse"
)

// calls are the functions and classes that torch.save's pickles call and that have a meaning here, by module and name.
// Nothing of Python is run: each is a function of this program that puts values together.
var calls = map[pickle.Global]func(args pickle.Tuple) (any, error){
	{Module: "torch._utils", Name: "_rebuild_tensor"}:               rebuildTensor,
	{Module: "torch._utils", Name: "_rebuild_tensor_v2"}:            rebuildTensor,
	{Module: "torch._utils", Name: "_rebuild_tensor_v3"}:            rebuildTypedTensor,
	{Module: "torch._utils", Name: "_rebuild_parameter"}:            first,
	{Module: "torch._utils", Name: "_rebuild_parameter_with_state"}: first,
	{Module: "torch", Name: "Size"}:                                 first,
	{Module: "collections", Name: "OrderedDict"}:                    newDict,
	{Module: "collections", Name: "defaultdict"}:                    newEmptyDict,
	{Module: "collections", Name: "Counter"}:                        newDict,
	{Module: "_codecs", Name: "encode"}:                             encodeBytes,
	{Module: "__builtin__", Name: "set"}:                            newSet,
	{Module: "builtins", Name: "set"}:                               newSet,
	{Module: "__builtin__", Name: "frozenset"}:                      newSet,
	{Module: "builtins", Name: "frozenset"}:                         newSet,
}

// inert are classes and functions that training scripts leave in checkpoints, in options and counters beside the
// weights. What they would make is replaced by an object without content.
var inert = map[pickle.Global]bool{
	{Module: "torch", Name: "device"}:                                      true,
	{Module: "argparse", Name: "Namespace"}:                                true,
	{Module: "numpy", Name: "dtype"}:                                       true,
	{Module: "numpy.core.multiarray", Name: "scalar"}:                      true,
	{Module: "numpy._core.multiarray", Name: "scalar"}:                     true,
	{Module: "numpy.core.multiarray", Name: "_reconstruct"}:                true,
	{Module: "numpy._core.multiarray", Name: "_reconstruct"}:               true,
	{Module: "pathlib", Name: "PosixPath"}:                                 true,
	{Module: "pathlib", Name: "WindowsPath"}:                               true,
	{Module: "pytorch_lightning.utilities.parsing", Name: "AttributeDict"}: true,
}

func call(callee pickle.Global, args pickle.Tuple) (any, error) {
	if rebuild, known := calls[callee]; known {
		return rebuild(args)
	}
	if callee == fromType {
		return rebuildFromType(args)
	}
	if inert[callee] {
		return &pickle.Object{Class: callee}, nil
	}
	return nil, refuse.Errorf(refuse.ErrForbidden, "the file asks to call %.200q, which was not done: only what puts tensors together is understood. "+
		"If the file is a whole model rather than weights, save model.state_dict() from Python", callee)
}

func wrongArguments(want string) error {
	return refuse.Errorf(refuse.ErrMalformed, "a call that wants (%s) is given something else", want)
}

func first(args pickle.Tuple) (any, error) {
	if len(args) == 0 {
		return nil, wrongArguments("value, ...")
	}
	return args[0], nil
}

// rebuildTensor is a view of a typed storage. What follows the strides says whether gradients are wanted, and more.
func rebuildTensor(args pickle.Tuple) (any, error) {
	if len(args) < 4 {
		return nil, wrongArguments("storage, offset, size, stride, ...")
	}
	storage, ok := args[0].(storageRef)
	if !ok || storage.dtype == "" {
		return nil, wrongArguments("typed storage, offset, size, stride, ...")
	}
	return view(storage, storage.dtype, args[1], args[2], args[3])
}

// rebuildTypedTensor is a view of an untyped storage.
func rebuildTypedTensor(args pickle.Tuple) (any, error) {
	if len(args) < 7 {
		return nil, wrongArguments("storage, offset, size, stride, gradient, hooks, dtype, ...")
	}
	storage, ok := args[0].(storageRef)
	class, ok2 := args[6].(pickle.Global)
	if !ok || !ok2 || storage.dtype != "" {
		return nil, wrongArguments("untyped storage, offset, size, stride, gradient, hooks, dtype, ...")
	}
	dtype, known := torchDTypes[class.Name]
	if !known || class.Module != "torch" {
		return nil, refuse.Errorf(refuse.ErrUnsupported, "tensors of type %.100s are not read", class)
	}
	return view(storage, dtype, args[1], args[2], args[3])
}

// fromType makes a tensor of a class derived from Tensor by calling another function: it stands apart from calls, which
// must not go in circles.
var fromType = pickle.Global{Module: "torch._tensor", Name: "_rebuild_from_type_v2"}

func rebuildFromType(args pickle.Tuple) (any, error) {
	if len(args) != 4 {
		return nil, wrongArguments("function, type, arguments, state")
	}
	function, ok := args[0].(pickle.Global)
	inner, ok2 := args[2].(pickle.Tuple)
	if !ok || !ok2 || function == fromType {
		return nil, wrongArguments("function, type, arguments, state")
	}
	return call(function, inner)
}

func newEmptyDict(pickle.Tuple) (any, error) { return &pickle.Dict{}, nil }

// newDict makes a dict, of a list of pairs or of another dict if there is one.
func newDict(args pickle.Tuple) (any, error) {
	d := &pickle.Dict{}
	if len(args) == 0 {
		return d, nil
	}
	switch source := args[0].(type) {
	case *pickle.Dict:
		return source, nil
	case *pickle.List:
		for _, item := range source.Items {
			key, value, ok := pair(item)
			if !ok {
				return nil, wrongArguments("pairs")
			}
			if err := d.Set(key, value); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return nil, wrongArguments("pairs")
}

func pair(item any) (key, value any, ok bool) {
	var items []any
	switch item := item.(type) {
	case pickle.Tuple:
		items = item
	case *pickle.List:
		items = item.Items
	}
	if len(items) != 2 {
		return nil, nil, false
	}
	return items[0], items[1], true
}

func newSet(args pickle.Tuple) (any, error) {
	if len(args) == 0 {
		return &pickle.Set{}, nil
	}
	items, ok := args[0].(*pickle.List)
	if !ok {
		return nil, wrongArguments("list")
	}
	return &pickle.Set{Items: items.Items}, nil
}

// encodeBytes is how protocol 2 spells bytes: as text of code points below 256. Bytes are no weights: they are dropped.
func encodeBytes(args pickle.Tuple) (any, error) {
	if len(args) != 2 {
		return nil, wrongArguments("text, encoding")
	}
	return []byte{}, nil
}
