package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"otherwise/bundle"
	"otherwise/diffusion"
	"otherwise/nn"
	"otherwise/weights"
)

// leakPictures is how many pictures of a data set are enough to measure a signal leak on, and leastOfValue how many there are to be for
// each value of it: of fewer pictures its grid is coarser.
const (
	leakPictures = 2000
	leastOfValue = 4
)

// measureLeak measures the signal leak of a diffusion model on pictures like those that it was trained on, spread evenly over the set; see
// [diffusion.SignalLeak].
func measureLeak(ctx context.Context, backend compute.Backend, model *diffusion.Model, data *Pictures) (*diffusion.SignalLeak, *nn.Params, error) {
	pictures := min(leakPictures, data.Len())
	d := model.LatentDims(1, data.Height, data.Width)
	leak := &diffusion.SignalLeak{Side: 4, Channels: d[3]}
	for leak.Side > 1 && (d[1]%leak.Side != 0 || d[2]%leak.Side != 0 || pictures < leastOfValue*leak.Values()) {
		leak.Side /= 2
	}
	if least := leastOfValue * leak.Values(); pictures < least {
		return nil, nil, fmt.Errorf("a signal leak is measured on %d pictures or more, here are %d", least, pictures)
	}
	program := nn.NewProgram(backend, "averaged latents", func(s []nn.Scope, a []*graph.Node) []*graph.Node {
		return []*graph.Node{leak.Average(model.Encode(s[0], diffusion.FromUnit(a[0]), nil))}
	})
	averages := mat.NewDense(pictures, leak.Values(), nil)
	for from := 0; from < pictures; from += encodeBatch {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		numbers := make([]int, encodeBatch) // a last batch that isn't full has the last picture again
		for i := range numbers {
			numbers[i] = min(from+i, pictures-1) * data.Len() / pictures
		}
		x, _, err := data.Batch(numbers)
		if err != nil {
			return nil, nil, err
		}
		out, err := program.Call1([]*nn.Params{model.AutoencoderParams},
			tensors.FromFlatDataAndDimensions(x, encodeBatch, data.Height, data.Width, data.Channels))
		if err != nil {
			return nil, nil, fmt.Errorf("encoding pictures from %d on: %w", from, err)
		}
		for i, v := range tensors.MustCopyFlatData[float32](out)[:min(encodeBatch, pictures-from)*leak.Values()] {
			averages.Set(from+i/leak.Values(), i%leak.Values(), float64(v))
		}
	}
	params, err := leak.Fit(averages)
	if err != nil {
		return nil, nil, err
	}
	return leak, params, nil
}

// AddLeak measures the signal leak of a bundle of trained networks, whose files are given, on pictures like those that it was trained on, and
// writes the bundle anew with it; how says what measured it.
func AddLeak(ctx context.Context, b *bundle.Bundle, data *Pictures, files fs.FS, dir, how string) (*diffusion.SignalLeak, error) {
	leak, params, err := measureLeak(ctx, b.Models.Backend, b.Models.Diffusion, data)
	if err != nil {
		return nil, err
	}
	stored, err := weights.LoadBundle(files)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(leak)
	if err != nil {
		return nil, err
	}
	tensors, err := params.Export(weights.F16)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", bundle.NetLeak, err)
	}
	with := withoutLeak(stored)
	with.Provenance[bundle.NetLeak] = how
	with.Networks[bundle.NetLeak] = weights.Network{Architecture: bundle.ArchLeak, Config: config}
	return leak, weights.SaveBundle(dir, with, map[string][]weights.Tensor{bundle.NetLeak: tensors})
}

// withoutLeak is a copy of a bundle whose samples start from noise alone.
func withoutLeak(b *weights.Bundle) *weights.Bundle {
	without := *b
	without.Provenance, without.Networks = map[string]string{}, maps.Clone(b.Networks)
	maps.Copy(without.Provenance, b.Provenance) // which may have none
	delete(without.Provenance, bundle.NetLeak)
	delete(without.Networks, bundle.NetLeak)
	return &without
}
