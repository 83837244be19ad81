package weights_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"otherwise/weights"
)

// Any kind of file is opened by one function, and read a tensor at a time.
func ExampleOpenCheckpoint() {
	source, err := weights.OpenCheckpoint("testdata/flat_zip_protocol4.pt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	names := source.Names()
	dtype, shape, err := source.Info(names[0])
	fmt.Println(len(names), names[0], dtype, shape, err)
	// Output: 18 bf16 BF16 [3 4] <nil>
}

// What a network wants and a file has are compared at once.
func ExampleDiff() {
	data, err := weights.Marshal([]weights.Tensor{{Name: "conv.weight", DType: weights.F32, Shape: []int{2}, Data: []float32{1, 2}}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := weights.Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weights.Diff(file, map[string][]int{"conv.weight": {3}, "conv.bias": {3}}))
	// Output: the weights don't fit the network; tensors 1 missing: conv.bias; 1 of another shape: conv.weight is [2], want [3]
}

// A damaged file is told by the kind of its error.
func ExampleErrTruncated() {
	path := filepath.Join(os.TempDir(), "otherwise-example.safetensors")
	if err := os.WriteFile(path, []byte{200, 0, 0, 0, 0, 0, 0, 0, '{'}, 0o600); err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(path)
	_, err := weights.OpenCheckpoint(path)
	fmt.Println(errors.Is(err, weights.ErrTruncated))
	// Output: true
}
