package train

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// What ships of a world's recipe must stay small enough to be part of the program: in float16, with a biased classifier, and in the
// faces with one more task.
func TestWorldsBundlesAreSmall(t *testing.T) {
	for name, classifiers := range map[string]int{"savanna": 2, "faces": 3} {
		r, err := RecipeOf(name)
		if err != nil {
			t.Fatal(err)
		}
		picture := shapes.Make(dtypes.Float32, 1, r.Frame.Height, r.Frame.Width, r.Frame.Channels)
		bytes := map[string]int{
			"autoencoder": float16Size(t, func(s nn.Scope, a []*Node) {
				mean, _ := r.Autoencoder.Encode(s, a[0])
				r.Autoencoder.Decode(s, mean)
			}, picture),
			"classifiers": classifiers * float16Size(t, func(s nn.Scope, a []*Node) { r.Classifier.Forward(s, a[0], nil) }, picture),
			"judge":       float16Size(t, func(s nn.Scope, a []*Node) { r.Judge.Forward(s, a[0], nil) }, picture),
			"encoder":     float16Size(t, func(s nn.Scope, a []*Node) { r.Encoder.Embed(s, a[0]) }, picture),
		}
		d := Diffusion{Net: r.UNet, Embedding: r.Embedding, Words: r.Words}
		side := r.Frame.Width / r.Autoencoder.Factor()
		bytes["diffusion"] = float16Size(t, func(s nn.Scope, a []*Node) { d.Net.Eps(s, a[0], a[1], d.embed(s, a[2])) },
			shapes.Make(dtypes.Float32, 1, side, side, r.Autoencoder.LatentChannels), shapes.Make(dtypes.Int32, 1), shapes.Make(dtypes.Int32, d.idDims(1)...))
		total := 0
		for _, n := range bytes {
			total += n
		}
		t.Logf("%s: %d bytes, %v", name, total, bytes)
		if total > 16_000_000 {
			t.Errorf("%s: %d bytes (%v), more than 16 MB", name, total, bytes)
		}
	}
}

func float16Size(t *testing.T, build func(s nn.Scope, a []*Node), args ...shapes.Shape) int {
	t.Helper()
	all, err := nn.Shapes(golden.Backend(t), build, args...)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, dims := range all {
		n := 2
		for _, d := range dims {
			n *= d
		}
		total += n
	}
	return total
}
