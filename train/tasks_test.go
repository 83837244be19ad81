package train

import (
	"context"
	"errors"
	"image"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"otherwise/classify"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// stripes is a data set of two classes, horizontal and vertical stripes.
type stripes struct{}

func (stripes) Name() string      { return "stripes" }
func (stripes) Classes() []string { return []string{"horizontal", "vertical"} }
func (stripes) Len() int          { return 64 }

func (stripes) Sample(i int) (datasets.Sample, error) {
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for y := range 8 {
		for x := range 8 {
			along := y
			if i%2 == 1 {
				along = x
			}
			if (along+i/2)%4 < 2 {
				img.Pix[y*8+x] = byte(150 + i)
			}
		}
	}
	return datasets.Sample{Image: img, Label: i % 2}, nil
}

func stripeData(t *testing.T) *Pictures {
	t.Helper()
	data, err := Load(stripes{}, picture.Frame{Width: 8, Height: 8, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func fit(t *testing.T, task Task, err error, steps int) (*Outcome, float64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	out, err := Run(context.Background(), golden.Backend(t), task, Options{Steps: steps, Rate: 3e-3, WarmUp: 10, EMA: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	return out, out.Losses[len(out.Losses)-1].Loss / out.Losses[0].Loss
}

func TestClassifierLearnsStripes(t *testing.T) {
	net := classify.ConvNet{PatchSize: 2, Widths: []int{8, 8}, Groups: 4, Classes: 2, Mean: 0.5, Std: 0.5}
	task, err := ClassifierTask(golden.Backend(t), net, stripeData(t), ClassifierOptions{Adversarial: 0.5, Noise: 0.1, Shift: 1}, 16, 1)
	if _, ratio := fit(t, task, err, 150); ratio > 0.5 {
		t.Errorf("the loss fell to %.2f of its start only", ratio)
	}
}

func TestAutoencoderAndDiffusionLearnStripes(t *testing.T) {
	data := stripeData(t)
	ae := diffusion.AutoencoderKL{InChannels: 1, OutChannels: 1, LatentChannels: 2, BlockOutChannels: []int{8, 8}, LayersPerBlock: 1, NormNumGroups: 4, PatchSize: 2}
	task, err := AutoencoderTask(golden.Backend(t), ae, data, 0, 16, 1)
	out, ratio := fit(t, task, err, 200)
	if ratio > 0.5 {
		t.Errorf("the autoencoder's loss fell to %.2f of its start only", ratio)
	}
	latents, err := EncodeAll(golden.Backend(t), ae, out.Params, data)
	if err != nil {
		t.Fatal(err)
	}
	if n := data.Len() * 2 * 2 * 2; len(latents.Mean) != n || len(latents.Std) != n {
		t.Fatalf("%d means and %d deviations, want %d", len(latents.Mean), len(latents.Std), n)
	}
	if err := latents.Norm.Validate(2); err != nil {
		t.Fatal(err)
	}
	unet := diffusion.UNet{InChannels: 2, OutChannels: 2, BlockOutChannels: []int{16}, LayersPerBlock: 1,
		DownBlockTypes: []string{"CrossAttnDownBlock2D"}, UpBlockTypes: []string{"CrossAttnUpBlock2D"},
		AttentionHeads: diffusion.PerLevel{2}, CrossAttentionDim: 8, NormNumGroups: 4, NormEps: 1e-5}
	schedule, err := diffusion.NewSchedule(diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000})
	if err != nil {
		t.Fatal(err)
	}
	task, err = DiffusionTask(golden.Backend(t), Diffusion{Net: unet, Embedding: diffusion.ClassEmbedding{Classes: 2, Width: 8}, Schedule: schedule}, latents, 32, 1)
	if _, ratio := fit(t, task, err, 200); ratio > 0.8 {
		t.Errorf("the diffusion loss fell to %.2f of its start only", ratio)
	}
}

func TestEveryPictureComesOnceAnEpoch(t *testing.T) {
	order, err := newEpochOrder(20, 5, 1, "test")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	for step := range 4 {
		for _, i := range order.at(step) {
			seen[i]++
		}
	}
	for i := range 20 {
		if seen[i] != 1 {
			t.Errorf("picture %d came %d times", i, seen[i])
		}
	}
	again, err := newEpochOrder(20, 5, 1, "test")
	if err != nil {
		t.Fatal(err)
	}
	repeated := again.at(2)
	for k, i := range order.at(2) {
		if repeated[k] != i {
			t.Fatal("one seed gave two orders")
		}
	}
	if _, err := newEpochOrder(3, 5, 1, "test"); err == nil {
		t.Error("three pictures were accepted for batches of five")
	}
}

// drawn is stripes as a world, which knows where its subject is: everywhere.
type drawn struct{ stripes }

func (drawn) Label(i int) int { return i % 2 }

func (d drawn) Sample(i int) (datasets.Sample, error) {
	if i == 63 {
		return datasets.Sample{}, errors.New("this one can't be drawn")
	}
	s, err := d.stripes.Sample(i)
	s.Subject = image.NewGray(image.Rect(0, 0, 8, 8))
	for j := range s.Subject.Pix {
		s.Subject.Pix[j] = 255
	}
	return s, err
}

func TestDrawnPicturesAreThoseOfTheSet(t *testing.T) {
	frame := picture.Frame{Width: 8, Height: 8, Channels: 1}
	kept, lazy := stripeData(t), Draw(drawn{}, frame, 1000)
	if lazy.Len() != 64 || !lazy.Drawn() || kept.Drawn() {
		t.Fatalf("%d pictures, drawn %v; kept ones drawn %v", lazy.Len(), lazy.Drawn(), kept.Drawn())
	}
	numbers := []int{5, 2, 60}
	want, none, err := kept.Batch(numbers)
	if err != nil || none != nil {
		t.Fatalf("subjects of a set that doesn't know them: %v, %v", none, err)
	}
	got, subjects, err := lazy.Batch(numbers)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(subjects) != 3*64 || subjects[100] != 1 {
		t.Errorf("%d subject pixels, the 101st is %g", len(subjects), subjects[100])
	}
	if _, _, err := lazy.Batch([]int{1, 63}); err == nil {
		t.Error("a picture that can't be drawn passes")
	}
	if lazy.First(10).Len() != 10 || lazy.Len() != 64 {
		t.Error("First changes the set, or has another length")
	}
}

func TestWorldDiffusionLearnsVelocity(t *testing.T) {
	data := Draw(drawn{}, picture.Frame{Width: 8, Height: 8, Channels: 1}, 60)
	ae := diffusion.AutoencoderKL{InChannels: 1, OutChannels: 1, LatentChannels: 2, BlockOutChannels: []int{8, 8}, LayersPerBlock: 1,
		NormNumGroups: 4, PatchSize: 2, Shortcuts: true}
	task, err := AutoencoderTask(golden.Backend(t), ae, data, 0, 16, 1)
	out, ratio := fit(t, task, err, 100)
	if ratio > 0.7 {
		t.Errorf("the autoencoder's loss fell to %.2f of its start only", ratio)
	}
	schedule, err := diffusion.NewSchedule(diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000})
	if err != nil {
		t.Fatal(err)
	}
	d := Diffusion{Net: diffusion.UNet{InChannels: 2, OutChannels: 2, BlockOutChannels: []int{16}, LayersPerBlock: 1,
		DownBlockTypes: []string{"CrossAttnDownBlock2D"}, UpBlockTypes: []string{"CrossAttnUpBlock2D"},
		AttentionHeads: diffusion.PerLevel{2}, CrossAttentionDim: 8, NormNumGroups: 4, NormEps: 1e-5},
		Embedding: diffusion.ClassEmbedding{Classes: 2, Width: 8}, Schedule: schedule, Prediction: diffusion.PredictsVelocity}
	norm := diffusion.Normalisation{Mean: []float64{0, 0}, Scale: []float64{1, 1}}
	task, err = WorldDiffusionTask(golden.Backend(t), d, ae, out.Params, norm, data, 32, 1)
	if _, ratio := fit(t, task, err, 200); ratio > 0.8 {
		t.Errorf("the diffusion loss fell to %.2f of its start only", ratio)
	}
	d.Prediction = "score"
	if _, err := WorldDiffusionTask(golden.Backend(t), d, ae, out.Params, norm, data, 32, 1); err == nil {
		t.Error("an unknown prediction passes")
	}
}

// captioned is drawn with words.
type captioned struct{ drawn }

func (captioned) Caption(i int) (string, error) { return "stripes " + stripes{}.Classes()[i%2], nil }

func TestDiffusionLearnsFromCaptions(t *testing.T) {
	frame := picture.Frame{Width: 8, Height: 8, Channels: 1}
	ae := diffusion.AutoencoderKL{InChannels: 1, OutChannels: 1, LatentChannels: 2, BlockOutChannels: []int{4}, LayersPerBlock: 1, NormNumGroups: 2, PatchSize: 4}
	params, err := nn.Create(golden.Backend(t), 1, func(s nn.Scope, args []*graph.Node) {
		mean, _ := ae.Encode(s, args[0])
		ae.Decode(s, mean)
	}, shapes.Make(dtypes.Float32, 1, 8, 8, 1))
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := diffusion.NewSchedule(diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000})
	if err != nil {
		t.Fatal(err)
	}
	words := &diffusion.WordEncoder{Vocabulary: []string{"stripes", "horizontal", "vertical"}, Encoder: diffusion.TextEncoder{VocabSize: 4,
		HiddenSize: 8, IntermediateSize: 8, Layers: 1, Heads: 2, Positions: 3, Activation: "gelu", LayerNormEps: 1e-5}}
	d := Diffusion{Net: diffusion.UNet{InChannels: 2, OutChannels: 2, BlockOutChannels: []int{16}, LayersPerBlock: 1,
		DownBlockTypes: []string{"CrossAttnDownBlock2D"}, UpBlockTypes: []string{"CrossAttnUpBlock2D"},
		AttentionHeads: diffusion.PerLevel{2}, CrossAttentionDim: 8, NormNumGroups: 4, NormEps: 1e-5}, Words: words, Schedule: schedule}
	norm := diffusion.Normalisation{Mean: []float64{0, 0}, Scale: []float64{1, 1}}
	task, err := WorldDiffusionTask(golden.Backend(t), d, ae, params, norm, Draw(captioned{}, frame, 60), 16, 1)
	out, ratio := fit(t, task, err, 150)
	if ratio > 0.95 {
		t.Errorf("the diffusion loss fell to %.2f of its start only", ratio)
	}
	before, after := "text_model.embeddings.token_embedding.weight", out.Params
	if cmp.Equal(tensors.MustCopyFlatData[float32](task.Params.Get(before)), tensors.MustCopyFlatData[float32](after.Get(before))) {
		t.Error("the words were not learned")
	}
	task, err = WorldDiffusionTask(golden.Backend(t), d, ae, params, norm, Draw(drawn{}, frame, 60), 16, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := task.Batch(0); err == nil {
		t.Error("a data set without captions passes")
	}
	if _, err := DiffusionTask(golden.Backend(t), d, &Latents{Dims: []int{2, 2, 2}}, 16, 1); err == nil {
		t.Error("captions of encoded pictures are made up")
	}
}

func TestRecipesAreWhole(t *testing.T) {
	for _, name := range Recipes() {
		r, err := RecipeOf(name)
		if err != nil {
			t.Fatal(err)
		}
		if r.Name != name || len(r.Classes) != r.Classifier.Classes || r.Judge.Classes != max(len(r.Classes), datasets.Outputs(r.Factors)) {
			t.Errorf("%s: name %q, %d classes, the classifier tells %d", name, r.Name, len(r.Classes), r.Classifier.Classes)
		}
		for what, v := range map[string]interface{ Validate() error }{"frame": r.Frame, "autoencoder": r.Autoencoder, "U-Net": r.UNet,
			"classifier": r.Classifier, "judge": r.Judge} {
			if err := v.Validate(); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if r.Words != nil {
			if err := r.Words.Validate(); err != nil {
				t.Errorf("%s, words: %v", name, err)
			}
			for class := range r.Classes {
				prompt, err := diffusion.Prompts{Classes: r.Classes, Template: r.Prompt}.Of(class)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Words.IDs(prompt); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		} else if r.Embedding.Classes != len(r.Classes) || r.Embedding.Width != r.UNet.CrossAttentionDim {
			t.Errorf("%s: embedding %+v", name, r.Embedding)
		}
		for _, network := range r.Networks() {
			if size, known := r.Runs[network]; !known || size.Steps < 1 || size.Batch < 1 {
				t.Errorf("%s: run of %s is %+v", name, network, size)
			}
		}
	}
	if _, err := RecipeOf("imagenet"); err == nil {
		t.Error("there is a recipe for everything")
	}
}
