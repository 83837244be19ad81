package weights

import (
	"errors"
	"fmt"
	"strings"
)

// Source is a set of named tensors that are read from a file when they are asked for. What is wrong with a name or a
// type is an error that names the tensor. The methods may be called from several goroutines at once, except for Close.
type Source interface {
	// Names returns the names of all tensors, sorted.
	Names() []string
	// Info returns the type that a tensor's elements are stored in, and its dimensions; a scalar has none.
	Info(name string) (DType, []int, error)
	// Float32 returns a tensor of dtype F16, BF16, F32 or F64 in row-major order.
	Float32(name string) ([]float32, error)
	// Float32Into is Float32 into dst, which must have as many elements as the tensor.
	Float32Into(name string, dst []float32) error
	// Int64 returns a tensor of an integer dtype other than U64 in row-major order.
	Int64(name string) ([]int64, error)
	// Bytes returns a tensor of any dtype as little-endian elements in row-major order.
	Bytes(name string) ([]byte, error)
	// BytesInto is Bytes into dst, which must have as many bytes as the tensor.
	BytesInto(name string, dst []byte) error
	// Close frees what the source holds. Tensors that were read stay valid.
	Close() error
}

// Rename returns src under other names: names is given each published name and returns the new one, and false to leave
// the tensor out. Two tensors that get one name are an error. Closing the result closes src; on an error src stays open.
func Rename(src Source, names func(published string) (string, bool)) (Source, error) {
	renamed := &aliases{map[string]target{}, []Source{src}}
	var clashes []error
	for _, published := range src.Names() {
		name, keep := names(published)
		if !keep {
			continue
		}
		if first, taken := renamed.tensors[name]; taken {
			clashes = append(clashes, fmt.Errorf("tensors %q and %q would both be named %q", first.name, published, name))
			continue
		}
		renamed.tensors[name] = target{src, published}
	}
	if len(clashes) > 0 {
		return nil, errors.Join(clashes...)
	}
	return renamed, nil
}

// noTensor is the error of asking for a tensor that is not among names.
func noTensor(name string, names []string) error {
	const shown = 5
	count := len(names)
	if count > shown {
		names = append(names[:shown:shown], "...")
	}
	return fmt.Errorf("no tensor is named %q; the file has %d: %s", name, count, strings.Join(names, ", "))
}
