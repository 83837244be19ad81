package pickle

import (
	"encoding/binary"
	"math"
	"slices"

	"otherwise/weights/internal/refuse"
)

// The opcodes under the names of Python's pickletools.
const (
	opMark            = '('
	opStop            = '.'
	opPop             = '0'
	opPopMark         = '1'
	opDup             = '2'
	opInt             = 'I'
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opLong            = 'L'
	opBinInt2         = 'M'
	opNone            = 'N'
	opBinPersID       = 'Q'
	opReduce          = 'R'
	opBinString       = 'T'
	opShortBinString  = 'U'
	opBinUnicode      = 'X'
	opAppend          = 'a'
	opBuild           = 'b'
	opGlobal          = 'c'
	opDict            = 'd'
	opAppends         = 'e'
	opBinGet          = 'h'
	opInst            = 'i'
	opLongBinGet      = 'j'
	opList            = 'l'
	opObj             = 'o'
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opSetItem         = 's'
	opTuple           = 't'
	opSetItems        = 'u'
	opEmptyDict       = '}'
	opEmptyList       = ']'
	opEmptyTuple      = ')'
	opBinFloat        = 'G'
	opProto           = 0x80
	opNewObj          = 0x81
	opExt1            = 0x82
	opExt2            = 0x83
	opExt4            = 0x84
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opLong4           = 0x8b
	opBinBytes        = 'B'
	opShortBinBytes   = 'C'
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d
	opBinBytes8       = 0x8e
	opEmptySet        = 0x8f
	opAddItems        = 0x90
	opFrozenSet       = 0x91
	opNewObjEx        = 0x92
	opStackGlobal     = 0x93
	opMemoize         = 0x94
	opFrame           = 0x95
	opByteArray8      = 0x96
)

func (m *machine) execute(op byte) error {
	switch op {
	case opProto:
		version, err := m.byte()
		if err == nil && version > highestProtocol {
			err = refuse.Errorf(refuse.ErrUnsupported, "the protocol is %d, at most %d is read", version, highestProtocol)
		}
		return err
	case opFrame: // only groups what follows
		_, err := m.unsigned(8)
		return err

	case opMark:
		m.marks = append(m.marks, len(m.stack))
		return m.count(valueSize)
	case opPop:
		_, err := m.pop()
		return err
	case opPopMark:
		_, err := m.popMark()
		return err
	case opDup:
		value, err := m.top()
		if err != nil {
			return err
		}
		return m.push(value)

	case opBinGet:
		return m.withLength(1, m.recall)
	case opLongBinGet:
		return m.withLength(4, m.recall)
	case opBinPut:
		return m.withLength(1, m.remember)
	case opLongBinPut:
		return m.withLength(4, m.remember)
	case opMemoize:
		return m.remember(uint64(len(m.memo)))

	case opNone:
		return m.push(nil)
	case opNewTrue:
		return m.push(true)
	case opNewFalse:
		return m.push(false)
	case opInt, opLong:
		return m.number(op)
	case opBinInt:
		return m.withLength(4, func(bits uint64) error { return m.push(int64(int32(bits))) })
	case opBinInt1:
		return m.withLength(1, func(bits uint64) error { return m.push(int64(bits)) })
	case opBinInt2:
		return m.withLength(2, func(bits uint64) error { return m.push(int64(bits)) })
	case opLong1:
		return m.withLength(1, m.long)
	case opLong4:
		return m.withLength(4, m.long)
	case opBinFloat:
		data, err := m.take(8)
		if err != nil {
			return err
		}
		return m.push(math.Float64frombits(binary.BigEndian.Uint64(data)))

	case opShortBinUnicode, opShortBinString:
		return m.withLength(1, m.text)
	case opBinUnicode, opBinString:
		return m.withLength(4, m.text)
	case opBinUnicode8:
		return m.withLength(8, m.text)
	case opShortBinBytes:
		return m.withLength(1, m.bytes)
	case opBinBytes:
		return m.withLength(4, m.bytes)
	case opBinBytes8, opByteArray8:
		return m.withLength(8, m.bytes)

	case opEmptyTuple:
		return m.push(Tuple{})
	case opTuple1, opTuple2, opTuple3:
		values, err := m.popN(int(op-opTuple1) + 1)
		return m.container(values, err, func(items []any) (any, error) { return Tuple(items), nil })
	case opTuple:
		values, err := m.popMark()
		return m.container(values, err, func(items []any) (any, error) { return Tuple(items), nil })
	case opEmptyList:
		return m.push(&List{})
	case opList:
		values, err := m.popMark()
		return m.container(values, err, func(items []any) (any, error) { return &List{items}, nil })
	case opEmptySet:
		return m.push(&Set{})
	case opFrozenSet:
		values, err := m.popMark()
		return m.container(values, err, func(items []any) (any, error) { return &Set{items}, nil })
	case opEmptyDict:
		return m.push(&Dict{})
	case opDict:
		values, err := m.popMark()
		return m.container(values, err, func(items []any) (any, error) {
			d := &Dict{}
			return d, setItems(d, items)
		})

	case opAppend:
		values, err := m.popN(1)
		return m.extend(values, err)
	case opAppends:
		values, err := m.popMark()
		return m.extend(values, err)
	case opAddItems:
		values, err := m.popMark()
		return m.addItems(values, err)
	case opSetItem:
		values, err := m.popN(2)
		return m.update(values, err)
	case opSetItems:
		values, err := m.popMark()
		return m.update(values, err)

	case opBinPersID:
		id, err := m.pop()
		if err != nil {
			return err
		}
		value, err := m.handler.Persistent(id)
		if err != nil {
			return err
		}
		return m.push(value)
	case opGlobal:
		global, err := m.globalLines()
		if err != nil {
			return err
		}
		return m.push(global)
	case opStackGlobal:
		return m.stackGlobal()

	case opReduce, opNewObj:
		values, err := m.popN(2)
		if err != nil {
			return err
		}
		return m.call(values[0], values[1])
	case opNewObjEx:
		values, err := m.popN(3)
		if err != nil {
			return err
		}
		return m.call(values[0], values[1])
	case opInst:
		global, err := m.globalLines()
		if err != nil {
			return err
		}
		values, err := m.popMark()
		if err != nil {
			return err
		}
		return m.call(global, Tuple(slices.Clone(values)))
	case opObj:
		values, err := m.popMark()
		if err != nil {
			return err
		}
		if len(values) == 0 {
			return refuse.Errorf(refuse.ErrMalformed, "an instance has no class")
		}
		return m.call(values[0], Tuple(slices.Clone(values[1:])))
	case opBuild:
		return m.build()
	case opExt1, opExt2, opExt4:
		return refuse.Errorf(refuse.ErrForbidden, "a class of Python's extension registry is asked for")
	}
	return refuse.Errorf(refuse.ErrUnsupported, "opcode %#02x (%q) is not one that torch writes", op, op)
}

// globalLines reads a name that is spelt in the pickle.
func (m *machine) globalLines() (Global, error) {
	module, err := m.line()
	if err != nil {
		return Global{}, err
	}
	name, err := m.line()
	if err != nil {
		return Global{}, err
	}
	return Global{module, name}, m.count(len(module) + len(name))
}

// stackGlobal makes a name of two strings on the stack.
func (m *machine) stackGlobal() error {
	values, err := m.popN(2)
	if err != nil {
		return err
	}
	module, ok := values[0].(string)
	name, ok2 := values[1].(string)
	if !ok || !ok2 {
		return refuse.Errorf(refuse.ErrMalformed, "a name is made of a %s and a %s, want strings", kind(values[0]), kind(values[1]))
	}
	return m.push(Global{module, name})
}
