package onnx_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"otherwise/classify/onnx"
	"otherwise/kernel"
)

// A classifier that PyTorch exported. Its layers can be named for activation maps, and its pictures be prepared as its training did.
func ExampleOpen() {
	dir := kernel.Must(os.MkdirTemp("", "otherwise-example"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "resnet.onnx")
	packed := kernel.Must(os.Open("testdata/resnet.onnx.gz"))
	defer packed.Close()
	content := kernel.Must(io.ReadAll(kernel.Must(gzip.NewReader(packed))))
	if err := os.WriteFile(path, content, 0o600); err != nil {
		fmt.Println(err)
		return
	}

	classifier := kernel.Must(onnx.Open(kernel.Must(kernel.Backend()), path, onnx.Options{}))
	fmt.Println(len(classifier.Classes), "classes; maps are read at", classifier.CAMLayer)
	// Output: 10 classes; maps are read at /layers/layers.1/Relu_1_output_0
}
