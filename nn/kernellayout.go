package nn

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// kernelToGraph reorders a convolution kernel from the published [out, in, height, width], whose dimensions are shape, to
// [height, width, in, out]. Both slices hold all elements.
//
// It goes through tiles of outputs that fill a line of the processor's cache: element by element, all memory of a large
// kernel would be fetched once for each of its outputs.
func kernelToGraph(dst, src []float32, shape []int) {
	const tile = 16
	out, in, taps := shape[0], shape[1], shape[2]*shape[3]
	_ = inParallel(in, max(1, (1<<18)/(out*taps+1)), func(from, to int) error {
		for o := 0; o < out; o += tile {
			width := min(tile, out-o)
			for i := from; i < to; i++ {
				for tap := range taps {
					line := dst[(tap*in+i)*out+o:][:width]
					at := (o*in+i)*taps + tap
					for k := range line {
						line[k] = src[at]
						at += in * taps
					}
				}
			}
		}
		return nil
	})
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
