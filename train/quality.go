package train

import (
	"context"
	"fmt"
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
	PSNR               float64 `json:"psnr_db"` // of reconstructions, mean over pictures, peak 1
	ClassifierAccuracy float64 `json:"classifier_accuracy"`
	JudgeAccuracy      float64 `json:"judge_accuracy"`
	Samples            int     `json:"samples"`
	// SampleAgreement and SampleJudged are the shares of generated pictures to which classifier and judge give the
	// class that was asked for.
	SampleAgreement float64 `json:"sample_agreement"`
	SampleJudged    float64 `json:"sample_judged"`
	// Sheet holds the generated pictures, one row a class.
	Sheet [][]counterfactual.Picture `json:"-"`
}

// qualityBatch is how many pictures are judged at once.
const qualityBatch = 100

// Measure judges a bundle on test pictures and on perClass generated pictures of each class.
func Measure(ctx context.Context, b *bundle.Bundle, test *Pictures, perClass int, o diffusion.SampleOptions) (*Quality, error) {
	q := &Quality{Pictures: test.Len() / qualityBatch * qualityBatch}
	if err := q.measurePictures(ctx, b, test); err != nil {
		return nil, err
	}
	return q, q.measureSamples(ctx, b, perClass, o)
}

func (q *Quality) measurePictures(ctx context.Context, b *bundle.Bundle, test *Pictures) error {
	model := b.Models.Diffusion
	reconstruct := nn.NewProgram(b.Models.Backend, "reconstruct", func(s []nn.Scope, a []*graph.Node) []*graph.Node {
		z := model.Encode(s[0], diffusion.FromUnit(a[0]), nil)
		x := graph.ClipScalar(diffusion.ToUnit(model.Decode(s[0], z)), 0, 1)
		return []*graph.Node{graph.ReduceMean(graph.Square(graph.Sub(x, a[0])), 1, 2, 3)}
	})
	classifiers := predictors(b)
	for from := 0; from < q.Pictures; from += qualityBatch {
		if err := ctx.Err(); err != nil {
			return err
		}
		pictures := make([]counterfactual.Picture, qualityBatch)
		for i := range pictures {
			pictures[i] = counterfactual.Picture{Height: test.Height, Width: test.Width, Channels: test.Channels, Values: test.Unit(nil, from+i)}
		}
		batch, err := counterfactual.Batch(pictures...)
		if err != nil {
			return err
		}
		mse, err := reconstruct.Call1([]*nn.Params{model.AutoencoderParams}, batch)
		if err != nil {
			return err
		}
		values, err := tensors.CopyFlatData[float32](mse)
		if err != nil {
			return err
		}
		for _, v := range values {
			q.PSNR += -10 * math.Log10(max(float64(v), 1e-10)) / float64(q.Pictures)
		}
		hits, err := agreement(classifiers, pictures, test.Labels[from:from+qualityBatch])
		if err != nil {
			return err
		}
		q.ClassifierAccuracy += hits[0] / float64(q.Pictures)
		if len(hits) > 1 {
			q.JudgeAccuracy += hits[1] / float64(q.Pictures)
		}
	}
	return nil
}

func (q *Quality) measureSamples(ctx context.Context, b *bundle.Bundle, perClass int, o diffusion.SampleOptions) error {
	o.Height, o.Width = b.Frame.Height, b.Frame.Width
	classifiers := predictors(b)
	seed := o.Seed
	for class := range b.Classes {
		classes, labels := make([]int, perClass), make([]int32, perClass)
		for i := range classes {
			classes[i], labels[i] = class, int32(class)
		}
		o.Seed = seed + uint64(class)
		out, err := b.Models.Diffusion.Sample(ctx, b.Models.Backend, classes, o)
		if err != nil {
			return fmt.Errorf("sampling %s: %w", b.Classes[class], err)
		}
		pictures, err := counterfactual.Unbatch(out)
		if err != nil {
			return fmt.Errorf("sampling %s: %w", b.Classes[class], err)
		}
		hits, err := agreement(classifiers, pictures, labels)
		if err != nil {
			return err
		}
		q.Samples += perClass
		q.Sheet = append(q.Sheet, pictures)
		q.SampleAgreement += hits[0]
		if len(hits) > 1 {
			q.SampleJudged += hits[1]
		}
	}
	q.SampleAgreement /= float64(q.Samples)
	q.SampleJudged /= float64(q.Samples)
	return nil
}

// predictors gives the classifier and, where the bundle has one, the judge.
func predictors(b *bundle.Bundle) []*counterfactual.Predictor {
	out := []*counterfactual.Predictor{counterfactual.NewPredictor(b.Models)}
	if b.Judge != nil {
		out = append(out, b.JudgePredictor())
	}
	return out
}

// agreement counts for each predictor the pictures to which it gives their label.
func agreement(predictors []*counterfactual.Predictor, pictures []counterfactual.Picture, labels []int32) ([]float64, error) {
	hits := make([]float64, len(predictors))
	for k, p := range predictors {
		rows, err := p.Probabilities(pictures...)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			if counterfactual.ArgMax(row) == int(labels[i]) {
				hits[k]++
			}
		}
	}
	return hits, nil
}
