package diffusion

import (
	"fmt"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion/internal/fields"
	"otherwise/nn"
)

// TextEncoder is the text tower of CLIP whose states a text-conditional denoiser attends to. Field and parameter names
// are those of transformers' CLIPTextModel. Stable Diffusion 1 has OpenAI's ViT-L/14; Stable Diffusion 2 has OpenCLIP's
// ViT-H/14 without its last layer, which its configuration says by its number of layers.
type TextEncoder struct {
	VocabSize        int     `json:"vocab_size"`
	HiddenSize       int     `json:"hidden_size"`
	IntermediateSize int     `json:"intermediate_size"`
	Layers           int     `json:"num_hidden_layers"`
	Heads            int     `json:"num_attention_heads"`
	Positions        int     `json:"max_position_embeddings"`
	Activation       string  `json:"hidden_act"` // quick_gelu (OpenAI) or gelu (OpenCLIP)
	LayerNormEps     float64 `json:"layer_norm_eps"`
}

// textConfig is what is known of published text encoders.
var textConfig = fields.Kind{Name: "text encoder",
	Ignored: []string{"architectures", "attention_dropout", "bos_token_id", "chunk_size_feed_forward", "dropout", "dtype", "eos_token_id",
		"id2label", "initializer_factor", "initializer_range", "label2id", "pad_token_id", "projection_dim", "return_dict", "tie_word_embeddings",
		"torch_dtype", "transformers_version", "use_cache"},
	Fixed: map[string][]string{"model_type": {`"clip_text_model"`}}}

// ParseTextEncoder reads the config.json of a published CLIPTextModel. A field that changes the network in a way that
// isn't implemented is an error that names it.
func ParseTextEncoder(raw []byte) (TextEncoder, error) {
	e := TextEncoder{VocabSize: 49408, HiddenSize: 512, IntermediateSize: 2048, Layers: 12, Heads: 8, Positions: 77,
		Activation: "quick_gelu", LayerNormEps: 1e-5}
	if err := textConfig.Parse(raw, &e); err != nil {
		return TextEncoder{}, err
	}
	return e, e.Validate()
}

// Validate reports a configuration that no network can be built from.
func (e TextEncoder) Validate() error {
	switch {
	case e.VocabSize < 1 || e.HiddenSize < 1 || e.IntermediateSize < 1 || e.Layers < 1 || e.Heads < 1 || e.Positions < 1:
		return fmt.Errorf("text encoder: vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads and " +
			"max_position_embeddings must be positive")
	case e.Layers > maxLayers:
		return fmt.Errorf("text encoder: num_hidden_layers is %d; at most %d are legal", e.Layers, maxLayers)
	case e.HiddenSize%e.Heads != 0:
		return fmt.Errorf("text encoder: hidden_size %d is not a multiple of num_attention_heads %d", e.HiddenSize, e.Heads)
	case e.LayerNormEps <= 0:
		return fmt.Errorf("text encoder: layer_norm_eps must be positive")
	case e.Activation != "quick_gelu" && e.Activation != "gelu":
		return fmt.Errorf("text encoder: unknown hidden_act %q; legal are quick_gelu and gelu", e.Activation)
	}
	return nil
}

// Encode returns the states [batch, n, hidden size] that a denoiser attends to, of token ids [batch, n] int32, n at most
// max_position_embeddings. A position sees those before it only; padding is not masked.
func (e TextEncoder) Encode(s nn.Scope, ids *Node) *Node {
	states := e.States(s, ids)
	return nn.LayerNorm(s.Sub("text_model").Sub("final_layer_norm"), states[len(states)-1], e.LayerNormEps)
}

// States returns the embeddings and the states behind each layer, before the final layer norm.
func (e TextEncoder) States(s nn.Scope, ids *Node) []*Node {
	m := s.Sub("text_model")
	tokens := nn.Embedding(m.Sub("embeddings").Sub("token_embedding"), ids, e.VocabSize, e.HiddenSize)
	positions := m.Sub("embeddings").Sub("position_embedding").Param("weight", nn.Normal(0.5), e.Positions, e.HiddenSize)
	n := ids.Shape().Dimensions[1]
	h := Add(tokens, ExpandAxes(Slice(positions, AxisRange(0, n)), 0))
	states := []*Node{h}
	for i := range e.Layers {
		h = e.layer(m.Sub("encoder").Sub("layers").Sub(strconv.Itoa(i)), h)
		states = append(states, h)
	}
	return states
}

// layer is causal self-attention and a feed-forward layer, each on the layer-normalised input and added to it.
func (e TextEncoder) layer(s nn.Scope, h *Node) *Node {
	n, a := nn.LayerNorm(s.Sub("layer_norm1"), h, e.LayerNormEps), s.Sub("self_attn")
	project := func(name string, x *Node) *Node { return nn.Linear(a.Sub(name), x, e.HiddenSize) }
	attended := nn.CausalAttention(project("q_proj", n), project("k_proj", n), project("v_proj", n), e.Heads)
	h = Add(h, project("out_proj", attended))
	n = nn.Linear(s.Sub("mlp").Sub("fc1"), nn.LayerNorm(s.Sub("layer_norm2"), h, e.LayerNormEps), e.IntermediateSize)
	if e.Activation == "gelu" {
		n = nn.GELU(n)
	} else {
		n = nn.QuickGELU(n)
	}
	return Add(h, nn.Linear(s.Sub("mlp").Sub("fc2"), n, e.HiddenSize))
}
