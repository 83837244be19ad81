package pickle

import (
	"strconv"
	"strings"

	"otherwise/weights/internal/refuse"
)

// unsigned reads a little-endian number of 1, 2, 4 or 8 bytes.
func (m *machine) unsigned(size int) (uint64, error) {
	var number uint64
	for i := range size {
		b, err := m.byte()
		if err != nil {
			return 0, err
		}
		number |= uint64(b) << (8 * i)
	}
	return number, nil
}

// withLength calls use with a little-endian number of size bytes: the length or the index of what follows.
func (m *machine) withLength(size int, use func(uint64) error) error {
	number, err := m.unsigned(size)
	if err != nil {
		return err
	}
	return use(number)
}

// counted is take of bytes that are counted first.
func (m *machine) counted(n uint64) ([]byte, error) {
	if err := m.count(int(min(n, maxMemory+1))); err != nil {
		return nil, err
	}
	return m.take(n)
}

func (m *machine) text(n uint64) error {
	data, err := m.counted(n)
	if err != nil {
		return err
	}
	return m.push(string(data))
}

func (m *machine) bytes(n uint64) error {
	data, err := m.counted(n)
	if err != nil {
		return err
	}
	return m.push(data)
}

// long reads a little-endian integer in two's complement of any length.
func (m *machine) long(n uint64) error {
	data, err := m.counted(n)
	if err != nil {
		return err
	}
	if n > 8 {
		return m.push(Integer(data))
	}
	var bits uint64
	for i, b := range data {
		bits |= uint64(b) << (8 * i)
	}
	if unused := 64 - 8*n; n > 0 {
		bits = uint64(int64(bits<<unused) >> unused)
	}
	return m.push(int64(bits))
}

// number reads an integer in digits; INT also spells booleans, 00 and 01.
func (m *machine) number(op byte) error {
	line, err := m.line()
	if err != nil {
		return err
	}
	if op == opInt && (line == "00" || line == "01") {
		return m.push(line == "01")
	}
	digits := strings.TrimSuffix(line, "L")
	value, err := strconv.ParseInt(digits, 10, 64)
	if err == nil {
		return m.push(value)
	}
	if strings.Trim(strings.TrimPrefix(digits, "-"), "0123456789") == "" && digits != "" && digits != "-" {
		return m.push(Integer(""))
	}
	return refuse.Errorf(refuse.ErrMalformed, "%.40q is not an integer", line)
}
