package weights_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otherwise/weights"
)

// The three files and the expected tensors were written by torch and by the published safetensors package.
func TestTorchFilesAgreeWithReference(t *testing.T) {
	want, err := weights.Open(filepath.Join("testdata", "expected_contiguous.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	for name, nested := range map[string]bool{"nested_zip.ckpt": true, "nested_legacy.ckpt": true, "flat_zip_protocol4.pt": false} {
		t.Run(name, func(t *testing.T) {
			src, err := weights.OpenCheckpoint(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			var names []string
			for _, name := range want.Names() {
				if nested || name != "nested.a.b" {
					names = append(names, name)
				}
			}
			if diff := cmp.Diff(names, src.Names()); diff != "" {
				t.Fatal(diff)
			}
			for _, name := range names {
				sameTensor(t, name, src, want)
			}
		})
	}
}

// sameTensor compares type, shape and every byte.
func sameTensor(t *testing.T, name string, got, want weights.Source) {
	t.Helper()
	wantDType, wantShape, err := want.Info(name)
	if err != nil {
		t.Fatal(err)
	}
	dtype, shape, err := got.Info(name)
	if err != nil {
		t.Fatal(err)
	}
	if dtype != wantDType || !cmp.Equal(shape, wantShape) {
		t.Errorf("%s is %s %v, want %s %v", name, dtype, shape, wantDType, wantShape)
	}
	wantBytes, err := want.Bytes(name)
	if err != nil {
		t.Fatal(err)
	}
	if gotBytes, err := got.Bytes(name); err != nil || !bytes.Equal(gotBytes, wantBytes) {
		t.Errorf("%s holds %.64x (%v), want %.64x", name, gotBytes, err, wantBytes)
	}
}
