package nn

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// KernelToGraph reorders a convolution kernel from the published [out, in, height, width], whose dimensions are shape, to
// [height, width, in, out]. Both slices hold all elements.
//
// It goes through tiles that fit into the processor's nearest cache, read and written in whole lines: element by element, all
// memory of a large kernel would be fetched once for each of its outputs.
func KernelToGraph(dst, src []float32, shape []int) {
	const outputs, inputs = 16, 8 // of a tile
	out, in, taps := shape[0], shape[1], shape[2]*shape[3]
	row := inputs*taps + 1 // not a power of two, at which the rows would push each other out of the cache
	_ = inParallel(in, max(1, (1<<18)/(out*taps+1)), func(from, to int) error {
		tile := make([]float32, outputs*row)
		for i := from; i < to; i += inputs {
			depth := min(inputs, to-i)
			for o := 0; o < out; o += outputs {
				width := min(outputs, out-o)
				for k := range width {
					copy(tile[k*row:], src[((o+k)*in+i)*taps:][:depth*taps])
				}
				for at := range depth * taps {
					line := dst[((at%taps)*in+i+at/taps)*out+o:][:width]
					if width == outputs {
						column16((*[outputs]float32)(line), tile[at:], row)
						continue
					}
					for k := range line {
						line[k] = tile[k*row+at]
					}
				}
			}
		}
		return nil
	})
}

// column16 copies every row-th element. Written out, it takes two thirds of a loop's time.
func column16(to *[16]float32, from []float32, row int) {
	_ = from[15*row]
	to[0], to[1], to[2], to[3] = from[0], from[row], from[2*row], from[3*row]
	to[4], to[5], to[6], to[7] = from[4*row], from[5*row], from[6*row], from[7*row]
	to[8], to[9], to[10], to[11] = from[8*row], from[9*row], from[10*row], from[11*row]
	to[12], to[13], to[14], to[15] = from[12*row], from[13*row], from[14*row], from[15*row]
}

// inParallel calls do with ranges that cover [0, n), of at least the given length but for the last, on all processors.
func inParallel(n, atLeast int, do func(from, to int) error) error {
	workers := min(runtime.GOMAXPROCS(0), max(1, n/atLeast))
	if workers == 1 {
		return do(0, n)
	}
	var group errgroup.Group
	for w := range workers {
		group.Go(func() error { return do(n*w/workers, n*(w+1)/workers) })
	}
	return group.Wait()
}
