package diffusion

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func fewWords() WordEncoder {
	return WordEncoder{Vocabulary: []string{"a", "photo", "of", "an", "old", "young", "face"},
		Encoder: TextEncoder{VocabSize: 8, HiddenSize: 8, IntermediateSize: 16, Layers: 1, Heads: 2, Positions: 6, Activation: "quick_gelu", LayerNormEps: 1e-5}}
}

func TestWordIDs(t *testing.T) {
	ids, err := fewWords().IDs("A photo of an old face.")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{1, 2, 3, 4, 5, 7}, ids); diff != "" {
		t.Error(diff)
	}
	if ids, err = fewWords().IDs(""); err != nil || !cmp.Equal(ids, make([]int32, 6)) {
		t.Errorf("nothing is %v, %v", ids, err)
	}
	for text, want := range map[string]string{"a blue face": `"blue", which isn't known`, "a photo of an old old face": "7 words; the encoder takes 6"} {
		if _, err := fewWords().IDs(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestWordEncoderValidate(t *testing.T) {
	for name, change := range map[string]func(w *WordEncoder){
		"a word twice": func(w *WordEncoder) { w.Vocabulary[1] = "a" },
		"a capital":    func(w *WordEncoder) { w.Vocabulary[1] = "Photo" },
		"an empty one": func(w *WordEncoder) { w.Vocabulary[1] = "" },
		"one too many": func(w *WordEncoder) { w.Vocabulary = append(w.Vocabulary, "nose") },
		"no layers":    func(w *WordEncoder) { w.Encoder.Layers = 0 },
	} {
		w := fewWords()
		if err := w.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&w)
		if w.Validate() == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestWordConditionerTellsClassesApart(t *testing.T) {
	backend, w := golden.Backend(t), fewWords()
	params, err := nn.Create(backend, 1, func(s nn.Scope, args []*Node) { w.Embed(s, args[0]) }, shapes.Make(dtypes.Int32, 1, 6))
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.Bind(backend, params, Prompts{Classes: []string{"old", "young"}, Template: "a photo of {a} {} face."})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Tokens([]int{0, 1, Unconditional, 0})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{4, 6, 8}, out.Shape().Dimensions); diff != "" {
		t.Fatal(diff)
	}
	values := tensors.MustCopyFlatData[float32](out)
	row := func(i int) []float32 { return values[i*48 : (i+1)*48] }
	if cmp.Equal(row(0), row(1)) || cmp.Equal(row(0), row(2)) || !cmp.Equal(row(0), row(3)) {
		t.Error("classes with different prompts have the same tokens, or the same class has different ones")
	}
	if _, err := c.Tokens([]int{2}); err == nil {
		t.Error("class 2 passes")
	}
	if _, err := w.Bind(backend, params, Prompts{Classes: []string{"tall"}, Template: "a {} face."}); err == nil {
		t.Error("a prompt with an unknown word passes")
	}
}
