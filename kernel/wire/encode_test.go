package wire

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// everything has a field of each kind that is encoded.
type everything struct {
	Bool    bool
	Ints    []int
	Small   int8
	Large   uint64
	Single  float32
	Double  float64
	Text    string
	Bytes   []byte
	Array   [3]uint16
	Pointer *int
	None    *int
	Nested  []shapes.Shape
	Empty   []int
	Nil     []int
	Time    time.Duration
}

func TestRoundTrip(t *testing.T) {
	n := -5
	want := everything{Bool: true, Ints: []int{-1, 0, math.MaxInt}, Small: -128, Large: math.MaxUint64, Single: float32(math.Inf(-1)),
		Double: math.SmallestNonzeroFloat64, Text: "Zebra \x00 ü", Bytes: []byte{0, 255}, Array: [3]uint16{1, 2, 65535}, Pointer: &n,
		Nested: []shapes.Shape{shapes.Make(dtypes.BFloat16, 2, 0, 3), shapes.Make(dtypes.Int4)}, Empty: []int{}, Time: time.Hour}
	var e Encoder
	if err := e.Value(reflect.ValueOf(want)); err != nil {
		t.Fatal(err)
	}
	var got everything
	if err := Unmarshal(e.Bytes, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for cut := range e.Bytes { // every truncation is an error
		if err := Unmarshal(e.Bytes[:cut], &everything{}); !errors.Is(err, ErrMalformed) {
			t.Errorf("the first %d of %d bytes: %v", cut, len(e.Bytes), err)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	type list struct{ Next []list }
	deep := make([]byte, 100) // a list of a list of a list…
	for i := range deep {
		deep[i] = 2
	}
	for name, test := range map[string]struct {
		bytes []byte
		into  any
	}{
		"elements that aren't there":   {[]byte{0xff, 0xff, 0xff, 0xff, 0x0f}, &[]uint64{}},
		"bytes that aren't there":      {[]byte{0xff, 0xff, 0xff, 0xff, 0x0f}, &[]byte{}},
		"text that isn't there":        {[]byte{5, 'a'}, new(string)},
		"a number too large":           {[]byte{0x80, 0x04}, new(int8)},
		"an unsigned number too large": {[]byte{0x80, 0x04}, new(uint8)},
		"an endless integer":           {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, new(uint64)},
		"too deep":                     {deep, &list{}},
	} {
		if err := NewDecoder(test.bytes).Value(reflect.ValueOf(test.into).Elem()); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSizeText(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0.0 KiB", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 3 << 29: "1.5 GiB"} {
		if got := SizeText(bytes); got != want {
			t.Errorf("%d bytes: %s, want %s", bytes, got, want)
		}
	}
}

func TestSocketPath(t *testing.T) {
	if got, err := SocketPath("unix:/a/b.sock"); err != nil || got != "/a/b.sock" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, address := range []string{"", "unix:", "tcp:localhost:80", "/a/b.sock"} {
		if got, err := SocketPath(address); err == nil {
			t.Errorf("%q was read as %q", address, got)
		}
	}
}
