package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// fileOf puts a file together from a header and as many zero bytes of data.
func fileOf(header string, data int) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(file, header...), make([]byte, data)...)
}

// one is a header with one tensor.
func one(dtype, shape, offsets string) string {
	return fmt.Sprintf(`{"a":{"dtype":%q,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
}

func TestHostileFiles(t *testing.T) {
	length := func(n uint64) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, n), `{}      `...)
	}
	tests := []struct {
		name string
		file []byte
		want string // part of the error
	}{
		{"empty", nil, "0 bytes are too few"},
		{"shorter than the length", []byte{1, 2, 3}, "3 bytes are too few"},
		{"largest header length", length(math.MaxUint64), "18446744073709551615 bytes, at most 100000000"},
		{"negative header length", length(1 << 63), "at most 100000000"},
		{"header above the limit", length(maxHeader + 1), "at most 100000000"},
		{"header beyond the end", length(9), "9 bytes, but the file ends after 8"},
		{"no header", length(0)[:8], "does not begin with '{'"},
		{"zip file", append([]byte{24, 0, 0, 0, 0, 0, 0, 0}, "PK\x03\x04 and 20 more bytes and data"...), "does not begin with '{'"},
		{"array", fileOf(`[]`, 0), "does not begin with '{'"},
		{"leading space", fileOf(` {}`, 0), "does not begin with '{'"},
		{"cut off", fileOf(`{"a":{"dtype":"F32"`, 0), "not valid JSON"},
		{"text after the end", fileOf(`{}{}`, 0), "not valid JSON"},
		{"trailing comma", fileOf(`{"a":1,}`, 0), "not valid JSON"},
		{"invalid UTF-8", fileOf("{\"\xff\":1}", 0), "not valid UTF-8"},
		{"deep", fileOf(`{"a":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`}`, 0), "depth"},
		{"tensor is a number", fileOf(`{"a":1}`, 0), `tensor "a": is 1, want an object`},
		{"tensor is null", fileOf(`{"a":null}`, 0), `tensor "a": is <nil>, want an object`},
		{"unknown dtype", fileOf(one("F31", "[1]", "[0,4]"), 4), `unknown dtype "F31", legal are BOOL U8`},
		{"lower-case dtype", fileOf(one("f32", "[1]", "[0,4]"), 4), `unknown dtype "f32"`},
		{"no dtype", fileOf(`{"a":{"shape":[],"data_offsets":[0,4]}}`, 4), `unknown dtype ""`},
		{"no shape", fileOf(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "has no shape"},
		{"shape is null", fileOf(one("F32", "null", "[0,4]"), 4), "shape is <nil>, want an array"},
		{"no offsets", fileOf(`{"a":{"dtype":"F32","shape":[]}}`, 4), "data_offsets are []"},
		{"unknown key", fileOf(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"strides":[1]}}`, 4), `unknown key "strides", legal are dtype`},
		{"key in capitals", fileOf(`{"a":{"DTYPE":"F32"}}`, 4), `unknown key "DTYPE"`},
		{"negative dimension", fileOf(one("F32", "[-1]", "[0,4]"), 4), "shape holds -1, want whole numbers"},
		{"fraction", fileOf(one("F32", "[1.0]", "[0,4]"), 4), "shape holds 1.0"},
		{"exponent", fileOf(one("F32", "[1e0]", "[0,4]"), 4), "shape holds 1e0"},
		{"quoted number", fileOf(one("F32", `["1"]`, "[0,4]"), 4), "shape holds 1, want whole numbers"},
		{"null dimension", fileOf(one("F32", "[null]", "[0,4]"), 4), "shape holds <nil>"},
		{"dimension above 64 bits", fileOf(one("F32", "[36893488147419103232]", "[0,4]"), 4), "shape holds 36893488147419103232"},
		{"product overflows to 0", fileOf(one("F32", "[4294967296,4294967296]", "[0,0]"), 0), "overflows"},
		{"product overflows to 4", fileOf(one("F32", "[9223372036854775807,3]", "[0,4]"), 4), "overflows"},
		{"overflow beside a 0", fileOf(one("F32", "[0,4294967296,4294967296]", "[0,0]"), 0), "overflows"},
		{"65 dimensions", fileOf(one("F32", "[1"+strings.Repeat(",1", 64)+"]", "[0,4]"), 4), "shape has more than 64 numbers"},
		{"size too large", fileOf(one("F32", "[2]", "[0,4]"), 4), "span 4 bytes, but shape [2] of F32 takes 8"},
		{"size too small", fileOf(one("F32", "[1]", "[0,8]"), 8), "span 8 bytes, but shape [1] of F32 takes 4"},
		{"offsets reversed", fileOf(one("F32", "[1]", "[4,0]"), 4), "want [begin, end] with begin <= end"},
		{"one offset", fileOf(one("F32", "[1]", "[4]"), 4), "want [begin, end]"},
		{"three offsets", fileOf(one("F32", "[1]", "[0,4,8]"), 4), "data_offsets has more than 2 numbers"},
		{"negative offset", fileOf(one("F32", "[1]", "[-4,0]"), 4), "data_offsets holds -4"},
		{"truncated data", fileOf(one("F32", "[2]", "[0,8]"), 7), "the file may be truncated"},
		{"bytes left over", fileOf(one("F32", "[1]", "[0,4]"), 5), "end at byte 4 of the data, which has 5"},
		{"hole at the front", fileOf(one("F32", "[1]", "[4,8]"), 8), "leave a hole from 0 on"},
		{"hole", fileOf(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}`, 5), `tensor "b": data_offsets [3, 5] leave a hole from 2 on`},
		{"overlap", fileOf(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3), `tensor "b": data_offsets [1, 3] overlap`},
		{"the same bytes twice", fileOf(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2), "overlap"},
		{"name comes twice", fileOf(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, 4), `the key "a" comes twice`},
		{"name comes twice, escaped", fileOf(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"\u0061":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, 4), `the key "a" comes twice`},
		{"dtype comes twice", fileOf(`{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}`, 1), `the key "dtype" comes twice`},
		{"metadata comes twice", fileOf(`{"__metadata__":{},"__metadata__":{}}`, 0), "comes twice"},
		{"metadata is a string", fileOf(`{"__metadata__":"x"}`, 0), "__metadata__: is x, want an object"},
		{"metadata holds a number", fileOf(`{"__metadata__":{"epoch":3}}`, 0), `__metadata__: "epoch" is 3, want a string`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.file)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestLegalOddities(t *testing.T) {
	tests := []struct {
		name string
		file []byte
	}{
		{"no tensors", fileOf(`{}`, 0)},
		{"only metadata", fileOf(`{"__metadata__":{"a":"b"}}     `, 0)},
		{"padding with spaces", fileOf(one("F32", "[1]", "[0,4]")+"       ", 4)},
		{"empty tensor at an end", fileOf(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[0,7],"data_offsets":[2,2]}}`, 2)},
		{"header order is not data order", fileOf(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 4)},
		{"keys in another order", fileOf(`{"a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}}`, 4)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Parse(test.file); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// FuzzParse checks that whatever Parse takes can be read without a panic, and written again to the same content.
func FuzzParse(f *testing.F) {
	f.Add(fileOf(`{}`, 0))
	f.Add(fileOf(one("F32", "[2,1]", "[0,8]"), 8))
	f.Add(fileOf(one("BF16", "[]", "[0,2]"), 2))
	f.Add(fileOf(one("F32", "[4294967296,4294967296]", "[0,0]"), 0))
	f.Add(fileOf(`{"__metadata__":{"k":"v"},"a":{"dtype":"I64","shape":[0],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		tensors := tensorsOf(t, file)
		again, err := Marshal(tensors, file.Metadata())
		if err != nil {
			t.Fatalf("a file that was read cannot be written: %v", err)
		}
		second, err := Parse(again)
		if err != nil {
			t.Fatalf("a file that was written cannot be read: %v", err)
		}
		sameContent(t, file, second)
	})
}
