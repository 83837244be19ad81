package train

import (
	"context"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/metrics"
	"otherwise/nn"
)

// Quality says how good the networks of a bundle are, on pictures they were not fitted to.
type Quality struct {
	Pictures int     `json:"pictures"`
	PSNR     float64 `json:"psnr_db"` // of reconstructions inside the margin, mean over pictures, peak 1
	SSIM     float64 `json:"ssim"`    // of the same
	// SubjectPSNR is that of the pixels of the pictures' subjects; nil where the set doesn't know them.
	SubjectPSNR        *float64 `json:"subject_psnr_db,omitempty"`
	ClassifierAccuracy float64  `json:"classifier_accuracy"`
	JudgeAccuracy      float64  `json:"judge_accuracy"`
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
		return []*graph.Node{insideMargin(x, b.Frame.Margin), insideMargin(a[0], b.Frame.Margin)}
	})
	type accuracy struct {
		of    *counterfactual.Predictor
		share *float64
		right int
	}
	accuracies := []*accuracy{{of: counterfactual.NewPredictor(b.Models), share: &q.ClassifierAccuracy}}
	if b.Judge != nil {
		accuracies = append(accuracies, &accuracy{of: b.JudgePredictor(), share: &q.JudgeAccuracy})
	}
	for from := 0; from < q.Pictures; from += qualityBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		numbers := make([]int, qualityBatch)
		for i := range numbers {
			numbers[i] = from + i
		}
		values, subjects, err := test.Batch(numbers)
		if err != nil {
			return nil, err
		}
		pictures := test.cut(values)
		batch, err := counterfactual.Batch(pictures...)
		if err != nil {
			return nil, err
		}
		out, err := reconstruct.Call([]*nn.Params{model.AutoencoderParams}, batch)
		if err != nil {
			return nil, err
		}
		if err := q.addFidelity(out[1], out[0], subjects); err != nil {
			return nil, err
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
					a.right++
				}
			}
			*a.share = float64(a.right) / float64(q.Pictures)
		}
	}
	return q, nil
}

// addFidelity adds a batch of pictures and their reconstructions to the means; subjects, unless nil, are how much of each pixel
// the subject covers.
func (q *Quality) addFidelity(originals, reconstructions *tensors.Tensor, subjects []float32) error {
	x, err := counterfactual.Unbatch(originals)
	if err != nil {
		return err
	}
	y, err := counterfactual.Unbatch(reconstructions)
	if err != nil {
		return err
	}
	share := 1 / float64(q.Pictures)
	for i := range x {
		psnr, err := metrics.PSNR(x[i], y[i], nil)
		if err != nil {
			return err
		}
		ssim, err := metrics.SSIM(x[i], y[i])
		if err != nil {
			return err
		}
		q.PSNR, q.SSIM = q.PSNR+psnr*share, q.SSIM+ssim*share
		area := x[i].Height * x[i].Width
		if len(subjects) != len(x)*area {
			continue // unknown, or of pictures with a margin
		}
		of := &counterfactual.Grid{Height: x[i].Height, Width: x[i].Width, Channels: 1, Values: subjects[i*area : (i+1)*area]}
		if psnr, err = metrics.PSNR(x[i], y[i], of); err != nil {
			return err
		}
		if q.SubjectPSNR == nil {
			q.SubjectPSNR = new(float64)
		}
		*q.SubjectPSNR += psnr * share
	}
	return nil
}

// insideMargin crops pictures [batch, height, width, channels] by the black margin, which would flatter a mean.
func insideMargin(x *graph.Node, margin int) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Slice(x, graph.AxisRange(), graph.AxisRange(margin, d[1]-margin), graph.AxisRange(margin, d[2]-margin), graph.AxisRange())
}
