package diffusion

import (
	"os"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion/tokenize"
	"otherwise/internal/golden"
	"otherwise/nn"
)

func floats(t *testing.T, x *tensors.Tensor) []float32 {
	t.Helper()
	values, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func asFloats(ints []int32) []float32 {
	out := make([]float32, len(ints))
	for i, v := range ints {
		out[i] = float32(v)
	}
	return out
}

func textEncoder(t *testing.T) (TextEncoder, *nn.Params) {
	t.Helper()
	raw, err := os.ReadFile("testdata/sd_text.json")
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := ParseTextEncoder(raw)
	if err != nil {
		t.Fatal(err)
	}
	return encoder, published(t, "sd_text", new(TextEncoder))
}

func TestTextEncoderAgreesWithTransformers(t *testing.T) {
	encoder, params := textEncoder(t)
	g := golden.Open(t, "testdata/text_golden.safetensors")
	program := nn.NewProgram(golden.Backend(t), "text", func(nets []nn.Scope, a []*Node) []*Node {
		return append(encoder.States(nets[0], a[0]), encoder.Encode(nets[0], a[0]))
	})
	ids := tensors.FromFlatDataAndDimensions(g.Ints("inputs.input_ids"), 4, tokenize.Length)
	out, err := program.Call([]*nn.Params{params}, ids)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"embeddings", "after_layer_0", "before_final_layer_norm", "last_hidden_state"} {
		g.CloseRMS(out[i], "expected."+name, 1e-4)
	}
}

func TestPromptsOfClasses(t *testing.T) {
	p := Prompts{Classes: []string{"zebra", "Egyptian cat"}}
	for class, want := range map[int]string{0: "a photo of a zebra.", 1: "a photo of a Egyptian cat.", Unconditional: ""} {
		if got, err := p.Of(class); err != nil || got != want {
			t.Errorf("class %d: got %q, error %v; want %q", class, got, err, want)
		}
	}
	p.Template, p.Nothing = "A photo of {a} {}", "blurry"
	for class, want := range map[int]string{0: "A photo of a zebra", 1: "A photo of an Egyptian cat", Unconditional: "blurry"} {
		if got, err := p.Of(class); err != nil || got != want {
			t.Errorf("class %d: got %q, error %v; want %q", class, got, err, want)
		}
	}
	for _, class := range []int{2, -2} {
		if _, err := p.Of(class); err == nil {
			t.Errorf("class %d was given a prompt", class)
		}
	}
}

// TestTextConditioner encodes with a small vocabulary whose ids are those of the published one; the encoder's table is
// widened to hold them.
func TestTextConditioner(t *testing.T) {
	tokenizer, err := tokenize.Open(os.DirFS("tokenize/testdata"))
	if err != nil {
		t.Fatal(err)
	}
	encoder, params := textEncoder(t)
	encoder.VocabSize = 49408
	params.Set("text_model.embeddings.token_embedding.weight",
		tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "vocabulary", 49408*32), 49408, 32))
	long := strings.Repeat("zebra ", 80)
	c := encoder.Bind(golden.Backend(t), params, tokenizer, Prompts{Classes: []string{"zebra", long}})
	tokens, err := c.Tokens([]int{0, Unconditional})
	if err != nil {
		t.Fatal(err)
	}
	direct, cut, err := c.Encode([]string{"a photo of a zebra.", ""})
	if err != nil || len(cut) != 0 {
		t.Fatalf("error %v, truncated %v", err, cut)
	}
	golden.Near(t, "tokens", floats(t, tokens), floats(t, direct), 0)
	if d := tokens.Shape().Dimensions; d[0] != 2 || d[1] != 77 || d[2] != 32 {
		t.Errorf("tokens are %v, want [2 77 32]", d)
	}
	if cut := c.Truncated(); len(cut) != 1 || cut[0].Cut != 10 || !strings.Contains(cut[0].String(), "last 10 tokens") {
		t.Errorf("truncated prompts are %v; the long one loses 10 tokens", cut)
	}
}
