package weights

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func openDTypes(t *testing.T) Source {
	t.Helper()
	src, err := OpenCheckpoint(filepath.Join("testdata", "dtypes.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func TestRename(t *testing.T) {
	src := openDTypes(t)
	renamed, err := Rename(src, func(published string) (string, bool) { return "x." + published, published != "bool" })
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(renamed.Names()), len(src.Names())-1; got != want {
		t.Errorf("%d names, want %d", got, want)
	}
	dtype, shape, err := renamed.Info("x.bf16")
	if err != nil || dtype != BF16 || !cmp.Equal(shape, []int{3, 4}) {
		t.Errorf("x.bf16 is %s %v (%v)", dtype, shape, err)
	}
	want, err := src.Float32("f16")
	if err != nil {
		t.Fatal(err)
	}
	into := make([]float32, len(want))
	if got, err := renamed.Float32("x.f16"); err != nil || !cmp.Equal(got, want) {
		t.Errorf("x.f16 is %v (%v), want %v", got, err, want)
	}
	if err := renamed.Float32Into("x.f16", into); err != nil || !cmp.Equal(into, want) {
		t.Errorf("x.f16 is %v (%v), want %v", into, err, want)
	}
	if got, err := renamed.Int64("x.i16"); err != nil || !cmp.Equal(got, []int64{-300, 300}) {
		t.Errorf("x.i16 is %v (%v)", got, err)
	}
	bytes := make([]byte, 2)
	if err := renamed.BytesInto("x.u8", bytes); err != nil || !cmp.Equal(bytes, []byte{0, 255}) {
		t.Errorf("x.u8 is %v (%v)", bytes, err)
	}
	if got, err := renamed.Bytes("x.u8"); err != nil || !cmp.Equal(got, bytes) {
		t.Errorf("x.u8 is %v (%v)", got, err)
	}
	for _, gone := range []string{"bool", "x.bool", "f16"} {
		if _, err := renamed.Float32(gone); err == nil || !strings.Contains(err.Error(), "no tensor is named") {
			t.Errorf("%s: %v", gone, err)
		}
	}
}

func TestRenameRefusesClashes(t *testing.T) {
	_, err := Rename(openDTypes(t), func(published string) (string, bool) {
		return strings.TrimSuffix(published, "_special"), true
	})
	if err == nil || err.Error() != `tensors "f16" and "f16_special" would both be named "f16"` {
		t.Errorf("error is %v", err)
	}
}

func TestWrongDestination(t *testing.T) {
	src := openDTypes(t)
	if err := src.Float32Into("f32", make([]float32, 11)); err == nil || err.Error() != `tensor "f32" has 12 elements, the destination 11` {
		t.Errorf("Float32Into: %v", err)
	}
	if err := src.BytesInto("f32", make([]byte, 12)); err == nil || err.Error() != `tensor "f32" has 48 bytes, the destination 12` {
		t.Errorf("BytesInto: %v", err)
	}
}
