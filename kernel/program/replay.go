package program

import (
	"fmt"
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/wire"
)

// Replay makes the calls of a log on a builder. A call that the builder refuses is an error that names it; so is a log
// that is malformed. The builder is of no use after an error.
func Replay(builder compute.Builder, log []byte) error {
	_, err := replay(builder, log)
	return err
}

// Infer makes the calls of a log and returns the shapes of what the last one gave: one list for each result.
func Infer(builder compute.Builder, log []byte) ([][]shapes.Shape, error) {
	r, err := replay(builder, log)
	if err != nil {
		return nil, err
	}
	results := make([][]shapes.Shape, len(r.last))
	for i, values := range r.last {
		for _, v := range values {
			s, err := builder.OpShape(v)
			if err != nil {
				return nil, err
			}
			results[i] = append(results[i], s)
		}
	}
	return results, nil
}

// replayer is the state of a replay.
type replayer struct {
	builder   compute.Builder
	functions []compute.Function
	values    []compute.Value
	last      [][]compute.Value // results of the latest call
}

func replay(builder compute.Builder, log []byte) (r *replayer, err error) {
	defer func() { // a builder that is given nonsense may panic
		if p := recover(); p != nil {
			err = fmt.Errorf("building the program: %v", p)
		}
	}()
	r = &replayer{builder: builder, functions: []compute.Function{builder.Main()}}
	d := wire.NewDecoder(log)
	d.Special = r.decodeSpecial
	for n := 0; !d.Empty(); n++ {
		if err := r.call(d); err != nil {
			return nil, fmt.Errorf("call %d of the program: %w", n, err)
		}
	}
	return r, nil
}

// call makes the next call of a log.
func (r *replayer) call(d *wire.Decoder) error {
	code, err := d.Uint()
	if err != nil {
		return err
	}
	if code >= uint64(len(Methods())) {
		return fmt.Errorf("%w: there is no operation %d", wire.ErrMalformed, code)
	}
	m := Methods()[code]
	receiver, err := d.Uint()
	if err != nil {
		return err
	}
	if receiver >= uint64(len(r.functions)) {
		return fmt.Errorf("%w: there is no function %d", wire.ErrMalformed, receiver)
	}
	args := make([]reflect.Value, 1+len(m.in))
	args[0] = reflect.ValueOf(&r.functions[receiver]).Elem()
	if m.onBuilder() {
		args[0] = reflect.ValueOf(&r.builder).Elem()
	}
	for i, t := range m.in {
		args[1+i] = reflect.New(t).Elem()
		if err := d.Value(args[1+i]); err != nil {
			return fmt.Errorf("%s, argument %d: %w", m.Name, i, err)
		}
	}
	var out []reflect.Value
	if m.call.Type().IsVariadic() {
		out = m.call.CallSlice(args)
	} else {
		out = m.call.Call(args)
	}
	return r.results(m, out)
}

// results numbers what a call gave.
func (r *replayer) results(m Method, out []reflect.Value) error {
	r.last = nil
	for _, o := range out {
		if o.Type() == errorType && !o.IsNil() {
			return fmt.Errorf("%s: %w", m.Name, o.Interface().(error))
		}
	}
	for _, o := range out {
		switch o.Type() {
		case valueType:
			r.last = append(r.last, []compute.Value{o.Interface()})
			r.values = append(r.values, o.Interface())
		case valuesType:
			values := o.Interface().([]compute.Value)
			r.last = append(r.last, values)
			r.values = append(r.values, values...)
		case functionType:
			r.functions = append(r.functions, o.Interface().(compute.Function))
		}
	}
	return nil
}

func (r *replayer) decodeSpecial(d *wire.Decoder, v reflect.Value) (bool, error) {
	switch v.Type() {
	case valueType:
		n, err := d.Uint()
		if err != nil || n == 0 {
			return true, err
		}
		if n > uint64(len(r.values)) {
			return true, fmt.Errorf("%w: there is no value %d", wire.ErrMalformed, n-1)
		}
		v.Set(reflect.ValueOf(r.values[n-1]))
		return true, nil
	case functionType:
		n, err := d.Uint()
		if err != nil {
			return true, err
		}
		if n >= uint64(len(r.functions)) {
			return true, fmt.Errorf("%w: there is no function %d", wire.ErrMalformed, n)
		}
		v.Set(reflect.ValueOf(r.functions[n]))
		return true, nil
	case anyType:
		flat, err := decodeFlat(d)
		if err == nil {
			v.Set(reflect.ValueOf(flat))
		}
		return true, err
	}
	return false, nil
}

// decodeFlat reads a constant's values into memory of their own.
func decodeFlat(d *wire.Decoder) (any, error) {
	number, err := d.Int()
	if err != nil {
		return nil, err
	}
	raw, err := d.Raw()
	if err != nil {
		return nil, err
	}
	dtype := dtypes.DType(number)
	if int64(dtype) != number || !dtype.IsSupported() {
		return nil, fmt.Errorf("%w: there is no data type %d", wire.ErrMalformed, number)
	}
	size := int(dtype.GoType().Size())
	if len(raw)%size != 0 {
		return nil, fmt.Errorf("%w: %d bytes of constants are no whole number of %s", wire.ErrMalformed, len(raw), dtype)
	}
	flat := dtypes.MakeAnySlice(dtype, len(raw)/size)
	_, memory, err := FlatBytes(flat)
	if err != nil {
		return nil, err
	}
	copy(memory, raw)
	RepairBools(dtype, memory)
	return flat, nil
}

// RepairBools makes booleans of bytes that a peer sent: any other byte than 0 and 1 is no defined bool. Values of other
// types are left alone.
func RepairBools(dtype dtypes.DType, memory []byte) {
	if dtype != dtypes.Bool {
		return
	}
	for i, b := range memory {
		memory[i] = min(b, 1)
	}
}
