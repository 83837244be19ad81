package weights

import (
	"math/bits"
	"slices"

	"otherwise/weights/internal/pickle"
	"otherwise/weights/internal/refuse"
)

// storage is the memory that torch tensors are views of.
type storage struct {
	dtype DType // "" for a storage of bytes, whose tensors name their own
	size  int64 // in bytes
	begin int64 // in the file
}

// storageRef is a part of a storage: all of it, but in the oldest files.
type storageRef struct {
	*storage
	offset, length int64 // in elements, of bytes where the storage has no dtype
}

// storageTypes are the classes of storages under module torch.
var storageTypes = map[string]DType{
	"FloatStorage": F32, "HalfStorage": F16, "BFloat16Storage": BF16, "DoubleStorage": F64, "LongStorage": I64,
	"IntStorage": I32, "ShortStorage": I16, "CharStorage": I8, "ByteStorage": U8, "BoolStorage": Bool,
}

// torchDTypes are the types that a tensor over an untyped storage can name, under module torch.
var torchDTypes = map[string]DType{
	"float32": F32, "float16": F16, "bfloat16": BF16, "float64": F64, "int64": I64, "int32": I32, "int16": I16, "int8": I8,
	"uint8": U8, "uint16": U16, "uint32": U32, "uint64": U64, "bool": Bool, "float8_e4m3fn": F8E4M3, "float8_e5m2": F8E5M2,
}

// persistent returns the storage that a pickle refers to by ("storage", type, key, device, elements[, part]).
func (l *loader) persistent(id any) (any, error) {
	fields, ok := id.(pickle.Tuple)
	if !ok || len(fields) < 5 || len(fields) > 6 || fields[0] != any("storage") {
		return nil, refuse.Errorf(refuse.ErrMalformed, "a persistent id is not that of a storage")
	}
	class, ok1 := fields[1].(pickle.Global)
	key, ok2 := fields[2].(string)
	count, ok3 := fields[4].(int64)
	if !ok1 || !ok2 || !ok3 || count < 0 {
		return nil, refuse.Errorf(refuse.ErrMalformed, "a storage needs a type, a key and a count of 0 or more")
	}
	dtype, err := storageType(class)
	if err != nil {
		return nil, err
	}
	high, size := bits.Mul64(uint64(count), uint64(max(dtype.Size(), 1)))
	if high != 0 || size > 1<<62 {
		return nil, refuse.Errorf(refuse.ErrTooLarge, "storage %.40q has %d elements", key, count)
	}
	s, known := l.storages[key]
	if !known {
		s = &storage{dtype: dtype, size: int64(size)}
		if l.locate != nil {
			if err := l.locate(key, s); err != nil {
				return nil, err
			}
		}
		l.storages[key] = s
	}
	if s.dtype != dtype || s.size != int64(size) {
		return nil, refuse.Errorf(refuse.ErrMalformed, "storage %.40q is %d bytes of %s and %d bytes of %s", key, s.size, s.dtype, size, dtype)
	}
	ref := storageRef{s, 0, count}
	if len(fields) == 6 && fields[5] != nil {
		return ref.part(fields[5])
	}
	return ref, nil
}

func storageType(class pickle.Global) (DType, error) {
	if class.Module == "torch.storage" && (class.Name == "UntypedStorage" || class.Name == "_UntypedStorage") || class == (pickle.Global{Module: "torch", Name: "UntypedStorage"}) {
		return "", nil
	}
	if dtype, known := storageTypes[class.Name]; known && class.Module == "torch" {
		return dtype, nil
	}
	return "", refuse.Errorf(refuse.ErrUnsupported, "storages of type %.100s are not read", class)
}

// part is the part of a storage that (key, offset, count) describes.
func (s storageRef) part(description any) (storageRef, error) {
	fields, _ := description.(pickle.Tuple)
	if len(fields) != 3 || s.dtype == "" {
		return s, refuse.Errorf(refuse.ErrMalformed, "a part of a storage needs three values, and a storage with a type")
	}
	offset, ok1 := fields[1].(int64)
	count, ok2 := fields[2].(int64)
	if !ok1 || !ok2 || offset < 0 || count < 0 || offset > s.length || count > s.length-offset {
		return s, refuse.Errorf(refuse.ErrMalformed, "a part of a storage lies outside of it")
	}
	return storageRef{s.storage, offset, count}, nil
}

// torchTensor is a view of a storage.
type torchTensor struct {
	*storage
	dtype          DType
	offset         int64 // of the first element in the storage, in elements
	shape, strides []int // strides in elements
}

// view checks that a tensor lies within its storage.
func view(s storageRef, dtype DType, offset any, shape, strides any) (*torchTensor, error) {
	begin, ok := offset.(int64)
	dims, err1 := integers(shape)
	steps, err2 := integers(strides)
	if !ok || err1 != nil || err2 != nil || begin < 0 || len(dims) != len(steps) {
		return nil, refuse.Errorf(refuse.ErrMalformed, "a tensor needs an offset, and as many sizes as strides, all of them 0 or more")
	}
	length := s.length
	if s.dtype == "" {
		length /= int64(dtype.Size())
	}
	// The dimensions' product, without those of size 0, must fit in memory whatever the strides are.
	if _, err := byteSize(dtype, dims); err != nil {
		return nil, refuse.As(refuse.ErrTooLarge, err)
	}
	t := &torchTensor{s.storage, dtype, s.offset + begin, dims, steps}
	if slices.Contains(dims, 0) {
		t.offset = 0
		return t, nil
	}
	last := uint64(begin)
	for i, dim := range dims {
		high, span := bits.Mul64(uint64(dim-1), uint64(steps[i]))
		var carry uint64
		last, carry = bits.Add64(last, span, 0)
		if high != 0 || carry != 0 || last > 1<<62 {
			return nil, refuse.Errorf(refuse.ErrMalformed, "sizes %v with strides %v lie outside of any storage", dims, steps)
		}
	}
	if last >= uint64(length) {
		return nil, refuse.Errorf(refuse.ErrMalformed, "offset %d, sizes %v and strides %v take %d elements, the storage has %d", begin, dims, steps, last+1, length)
	}
	return t, nil
}

// integers reads a tuple or list of whole numbers of 0 or more.
func integers(value any) ([]int, error) {
	var items []any
	switch value := value.(type) {
	case pickle.Tuple:
		items = value
	case *pickle.List:
		items = value.Items
	}
	if len(items) > maxRank {
		return nil, refuse.Errorf(refuse.ErrTooLarge, "%d dimensions, at most %d are legal", len(items), maxRank)
	}
	numbers := make([]int, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok || n < 0 {
			return nil, refuse.Errorf(refuse.ErrMalformed, "dimension %d is not a number of 0 or more", i)
		}
		numbers[i] = int(n)
	}
	return numbers, nil
}

// entry returns the tensor's place in the file, without its name.
func (t *torchTensor) entry() entry {
	e := entry{dtype: t.dtype, shape: t.shape}
	width := int64(t.dtype.Size())
	count, contiguous := int64(1), true
	span := int64(1)
	for i := len(t.shape) - 1; i >= 0; i-- {
		contiguous = contiguous && (t.shape[i] == 1 || int64(t.strides[i]) == count)
		count *= int64(t.shape[i])
		span += int64(t.shape[i]-1) * int64(t.strides[i])
	}
	if count == 0 {
		return e
	}
	e.begin = t.begin + t.offset*width
	e.end = e.begin + span*width
	if !contiguous {
		e.strides = t.strides
	}
	return e
}
