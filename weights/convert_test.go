package weights

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// roundTrip writes values as dtype and reads them again.
func roundTrip(t *testing.T, dtype DType, values []float32) []float32 {
	t.Helper()
	data, err := Marshal([]Tensor{{"x", dtype, []int{len(values)}, values}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := file.Float32("x")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// every returns the float32 of each finite 16-bit pattern of dtype from zero up, so that neighbours stand side by side.
func every(t *testing.T, dtype DType, infinity uint16) []float32 {
	t.Helper()
	var raw []byte
	for bits := range infinity {
		raw = binary.LittleEndian.AppendUint16(raw, bits)
	}
	values := make([]float32, infinity)
	if err := decodeFloats(values, raw, dtype); err != nil {
		t.Fatal(err)
	}
	return values
}

// Rounding to nearest even, checked against the list of all numbers of the type and plain float64 arithmetic.
func TestRoundingToNearestEven(t *testing.T) {
	for _, kind := range []struct {
		dtype    DType
		infinity uint16
	}{{F16, 0x7C00}, {BF16, 0x7F80}} {
		t.Run(string(kind.dtype), func(t *testing.T) {
			grid := every(t, kind.dtype, kind.infinity)
			random := rand.New(rand.NewPCG(1, 2))
			var inputs, want []float32
			add := func(x, rounded float32) {
				inputs, want = append(inputs, x, -x), append(want, rounded, -rounded)
			}
			for i := range len(grid) - 1 {
				below, above := float64(grid[i]), float64(grid[i+1])
				middle := (below + above) / 2
				even := grid[i+i%2]
				add(grid[i], grid[i])
				add(float32(middle), even)
				if just := math.Nextafter32(float32(middle), 0); float64(just) > below {
					add(just, grid[i])
				}
				if just := math.Nextafter32(float32(middle), math.MaxFloat32); float64(just) < above {
					add(just, grid[i+1])
				}
				x := float32(below + (above-below)*random.Float64())
				switch low, high := float64(x)-below, above-float64(x); {
				case low < high:
					add(x, grid[i])
				case low > high:
					add(x, grid[i+1])
				}
			}
			for i, got := range roundTrip(t, kind.dtype, inputs) {
				if math.Float32bits(got) != math.Float32bits(want[i]) {
					t.Fatalf("%g became %g, want %g", inputs[i], got, want[i])
				}
			}
		})
	}
}

func TestSpecialValuesSurvive(t *testing.T) {
	inf := float32(math.Inf(1))
	lowNaN := math.Float32frombits(0x7F800001)
	for _, dtype := range []DType{F16, BF16, F32} {
		got := roundTrip(t, dtype, []float32{inf, -inf, float32(math.NaN()), lowNaN, float32(math.Copysign(0, -1))})
		if got[0] != inf || got[1] != -inf || got[2] == got[2] || got[3] == got[3] || math.Float32bits(got[4]) != 1<<31 {
			t.Errorf("%s: got %v, want +Inf -Inf NaN NaN -0", dtype, got)
		}
	}
}

func TestOverflowIsAnError(t *testing.T) {
	for _, test := range []struct {
		dtype DType
		value float32
		fits  bool
	}{
		{F16, 65504, true}, {F16, 65519, true}, {F16, 65520, false}, {F16, -65520, false}, {F16, math.MaxFloat32, false},
		{BF16, 3.38e38, true}, {BF16, math.MaxFloat32, false}, {F32, math.MaxFloat32, true},
	} {
		values := make([]float32, 70_000) // the element stands in the second block
		values[69_999] = test.value
		_, err := Marshal([]Tensor{{"conv.weight", test.dtype, []int{70_000}, values}}, nil)
		if test.fits != (err == nil) {
			t.Errorf("%g as %s: %v", test.value, test.dtype, err)
		}
		if err != nil && !strings.Contains(err.Error(), `tensor "conv.weight": element 69999 is`) {
			t.Errorf("error does not name the element: %v", err)
		}
	}
}

// The published Python package wrote both files from the same numbers.
func TestFloatsOfPublishedFile(t *testing.T) {
	file, err := Open(filepath.Join("testdata", "expected_contiguous.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	special, err := file.Float32("f16_special")
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{0x1p-24, -0x1.ff8p-15, 65504, 0, float32(math.Copysign(0, -1))} // subnormal, subnormal, largest
	for i := range want {
		if math.Float32bits(special[i]) != math.Float32bits(want[i]) {
			t.Errorf("f16_special[%d] is %g, want %g", i, special[i], want[i])
		}
	}
	whole, err := file.Float32("view_whole") // [6, 8]
	if err != nil {
		t.Fatal(err)
	}
	transposed, err := file.Float32("view_transposed") // [8, 6]
	if err != nil {
		t.Fatal(err)
	}
	for y := range 6 {
		for x := range 8 {
			if whole[y*8+x] != transposed[x*6+y] {
				t.Fatalf("row %d, column %d: %g and %g", y, x, whole[y*8+x], transposed[x*6+y])
			}
		}
	}
}

func TestFloat64(t *testing.T) {
	read := func(v float64) ([]float32, error) {
		data, err := Marshal([]Tensor{{"x", F64, nil, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		file, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		return file.Float32("x")
	}
	if got, err := read(0.1); err != nil || got[0] != 0.1 {
		t.Errorf("0.1 is %v (%v)", got, err)
	}
	if got, err := read(math.Inf(-1)); err != nil || !math.IsInf(float64(got[0]), -1) {
		t.Errorf("-Inf is %v (%v)", got, err)
	}
	if _, err := read(1e39); err == nil || !strings.Contains(err.Error(), `tensor "x": the F64 value 1e+39 does not fit`) {
		t.Errorf("1e39: %v", err)
	}
}

func TestWrongKindOfTensor(t *testing.T) {
	file, err := Open(filepath.Join("testdata", "dtypes.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Float32("i64"); err == nil || err.Error() != `tensor "i64" has dtype I64, Float32 takes F16 BF16 F32 F64` {
		t.Errorf("Float32 of I64: %v", err)
	}
	if _, err := file.Int64("f32"); err == nil || err.Error() != `tensor "f32" has dtype F32, Int64 takes U8 I8 U16 I16 U32 I32 I64` {
		t.Errorf("Int64 of F32: %v", err)
	}
}

func TestUnsignedIntegers(t *testing.T) {
	data, err := Marshal([]Tensor{{"u16", U16, []int{1}, []byte{255, 255}}, {"u32", U32, []int{1}, []byte{255, 255, 255, 255}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{"u16": math.MaxUint16, "u32": math.MaxUint32} {
		if got, err := file.Int64(name); err != nil || got[0] != want {
			t.Errorf("%s is %v (%v), want %d", name, got, err, want)
		}
	}
}

func TestCheckFinite(t *testing.T) {
	if err := CheckFinite("x", []float32{0, -1, math.MaxFloat32}); err != nil {
		t.Error(err)
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		if err := CheckFinite("x", []float32{0, bad}); err == nil || !strings.Contains(err.Error(), `tensor "x": element 1 of 2 is`) {
			t.Errorf("%g: %v", bad, err)
		}
	}
}
