package weights

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// benchmarkSize is the bytes of the tensors that benchmarks read: beyond any cache of a processor.
const benchmarkSize = 256 << 20

func benchmarkFile(b *testing.B, dtype DType) string {
	path := filepath.Join(b.TempDir(), "model.safetensors")
	data := make([]byte, benchmarkSize)
	for i := range data {
		data[i] = byte(i>>3) & 0x3B // no NaN in any type
	}
	if err := Write(path, []Tensor{{"w", dtype, []int{benchmarkSize / dtype.Size()}, data}}, nil); err != nil {
		b.Fatal(err)
	}
	return path
}

// What the others are compared with: the file read once from the page cache, as cat FILE >/dev/null does.
func BenchmarkCat(b *testing.B) {
	path := benchmarkFile(b, F32)
	b.SetBytes(benchmarkSize)
	buffer := make([]byte, 128<<10)
	for b.Loop() {
		disk, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := disk.Read(buffer); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		disk.Close()
	}
}

// Rates are in bytes of the file.
func BenchmarkFloat32Into(b *testing.B) {
	for _, dtype := range []DType{F32, F16, BF16, F64} {
		b.Run(string(dtype), func(b *testing.B) {
			path := benchmarkFile(b, dtype)
			values := make([]float32, benchmarkSize/dtype.Size())
			clear(values) // what a first touch costs is not what is measured
			b.SetBytes(benchmarkSize)
			for b.Loop() {
				src, err := OpenCheckpoint(path)
				if err != nil {
					b.Fatal(err)
				}
				if err := src.Float32Into("w", values); err != nil {
					b.Fatal(err)
				}
				src.Close()
			}
		})
	}
}

func BenchmarkBytesInto(b *testing.B) {
	path := benchmarkFile(b, F16)
	data := make([]byte, benchmarkSize)
	clear(data)
	b.SetBytes(benchmarkSize)
	for b.Loop() {
		src, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if err := src.BytesInto("w", data); err != nil {
			b.Fatal(err)
		}
		src.Close()
	}
}
