package train

import (
	"context"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// Quality says how good the networks of a bundle are, on pictures they were not fitted to.
type Quality struct {
	Pictures           int     `json:"pictures"`
	PSNR               float64 `json:"psnr_db"` // of reconstructions inside the margin, mean over pictures, peak 1
	ClassifierAccuracy float64 `json:"classifier_accuracy"`
	JudgeAccuracy      float64 `json:"judge_accuracy"`
}

// qualityBatch is how many pictures are judged at once.
const qualityBatch = 100

// Measure judges a bundle on test pictures: as many as fill whole batches of 100.
func Measure(ctx context.Context, b *bundle.Bundle, test *Pictures) (*Quality, error) {
	q := &Quality{Pictures: test.Len() / qualityBatch * qualityBatch}
	model := b.Models.Diffusion
	reconstruct := nn.NewProgram(b.Models.Backend, "reconstruct", func(s []nn.Scope, a []*graph.Node) []*graph.Node {
		z := model.Encode(s[0], diffusion.FromUnit(a[0]), nil)
		x := graph.ClipScalar(diffusion.ToUnit(model.Decode(s[0], z)), 0, 1)
		return []*graph.Node{graph.ReduceMean(graph.Square(insideMargin(graph.Sub(x, a[0]), b.Frame.Margin)), 1, 2, 3)}
	})
	type accuracy struct {
		of    *counterfactual.Predictor
		share *float64
	}
	accuracies := []accuracy{{counterfactual.NewPredictor(b.Models), &q.ClassifierAccuracy}}
	if b.Judge != nil {
		accuracies = append(accuracies, accuracy{b.JudgePredictor(), &q.JudgeAccuracy})
	}
	for from := 0; from < q.Pictures; from += qualityBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pictures, numbers := make([]counterfactual.Picture, qualityBatch), make([]int, qualityBatch)
		for i := range numbers {
			numbers[i] = from + i
		}
		values, _, err := test.Batch(numbers)
		if err != nil {
			return nil, err
		}
		for i := range pictures {
			pictures[i] = counterfactual.Picture{Height: test.Height, Width: test.Width, Channels: test.Channels,
				Values: values[i*test.Size() : (i+1)*test.Size()]}
		}
		batch, err := counterfactual.Batch(pictures...)
		if err != nil {
			return nil, err
		}
		mse, err := reconstruct.Call1([]*nn.Params{model.AutoencoderParams}, batch)
		if err != nil {
			return nil, err
		}
		errors, err := tensors.CopyFlatData[float32](mse)
		if err != nil {
			return nil, err
		}
		for _, v := range errors {
			q.PSNR += -10 * math.Log10(max(float64(v), 1e-10)) / float64(q.Pictures)
		}
		labels := make([]int, qualityBatch)
		for i := range labels {
			labels[i] = int(test.Labels[from+i])
		}
		for _, a := range accuracies {
			agrees, err := a.of.Agree(pictures, labels)
			if err != nil {
				return nil, err
			}
			for _, right := range agrees {
				if right {
					*a.share += 1 / float64(q.Pictures)
				}
			}
		}
	}
	return q, nil
}

// insideMargin crops pictures [batch, height, width, channels] by the black margin, which would flatter a mean.
func insideMargin(x *graph.Node, margin int) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Slice(x, graph.AxisRange(), graph.AxisRange(margin, d[1]-margin), graph.AxisRange(margin, d[2]-margin), graph.AxisRange())
}
