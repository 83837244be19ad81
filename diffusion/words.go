package diffusion

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// WordEncoder is a text encoder for the few words of a small world: the transformer of [TextEncoder] on whole words, of
// which it knows a fixed list. Token 0 fills a text up to the encoder's length, token i+1 is word i. The empty text stands
// for "no condition".
type WordEncoder struct {
	Vocabulary []string    `json:"vocabulary"`
	Encoder    TextEncoder `json:"encoder"`
}

// Validate reports a vocabulary that doesn't fit the encoder, or that has a word twice.
func (w WordEncoder) Validate() error {
	if len(w.Vocabulary)+1 != w.Encoder.VocabSize {
		return fmt.Errorf("word encoder: vocab_size is %d; with padding there are %d words", w.Encoder.VocabSize, len(w.Vocabulary)+1)
	}
	for i, word := range w.Vocabulary {
		if word != plainWord(word) || word == "" || slices.Index(w.Vocabulary, word) != i {
			return fmt.Errorf("word encoder: word %d is %q; legal are lower-case words without spaces and full stops, each once", i, word)
		}
	}
	return w.Encoder.Validate()
}

// plainWord is a word as the vocabulary has it.
func plainWord(word string) string {
	return strings.ToLower(strings.Trim(word, " ."))
}

// IDs gives the tokens of a text, as many as the encoder takes. An unknown word is an error, and so is a text that is too
// long.
func (w WordEncoder) IDs(text string) ([]int32, error) {
	ids := make([]int32, w.Encoder.Positions)
	words := strings.Fields(text)
	if len(words) > len(ids) {
		return nil, fmt.Errorf("the text %q has %d words; the encoder takes %d", text, len(words), len(ids))
	}
	for i, word := range words {
		at := slices.Index(w.Vocabulary, plainWord(word))
		if at < 0 {
			return nil, fmt.Errorf("the text %q has the word %q, which isn't known; known are %s", text, word, strings.Join(w.Vocabulary, ", "))
		}
		ids[i] = int32(at + 1)
	}
	return ids, nil
}

// Embed returns the states [batch, length, width] that a denoiser attends to, of ids [batch, length].
func (w WordEncoder) Embed(s nn.Scope, ids *Node) *Node { return w.Encoder.Encode(s, ids) }

// Bind makes a [Conditioner] of the encoder, its parameters and the prompts of classes, all of which it must know.
func (w WordEncoder) Bind(backend compute.Backend, params *nn.Params, prompts Prompts) (Conditioner, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	bound := &boundWords{encoder: w, prompts: prompts, params: params,
		program: nn.NewProgram(backend, "word encoder", func(nets []nn.Scope, args []*Node) []*Node {
			return []*Node{w.Embed(nets[0], args[0])}
		})}
	for class := Unconditional; class < len(prompts.Classes); class++ {
		if _, err := bound.ids(class); err != nil {
			return nil, fmt.Errorf("prompt of class %d: %w", class, err)
		}
	}
	return bound, nil
}

type boundWords struct {
	encoder WordEncoder
	prompts Prompts
	params  *nn.Params
	program *nn.Program
}

func (b *boundWords) ids(class int) ([]int32, error) {
	prompt, err := b.prompts.Of(class)
	if err != nil {
		return nil, err
	}
	return b.encoder.IDs(prompt)
}

// Tokens returns [len(classes), length, width] for classes or [Unconditional], by their prompts.
func (b *boundWords) Tokens(classes []int) (*tensors.Tensor, error) {
	var ids []int32
	for _, class := range classes {
		row, err := b.ids(class)
		if err != nil {
			return nil, err
		}
		ids = append(ids, row...)
	}
	input := tensors.FromFlatDataAndDimensions(ids, len(classes), b.encoder.Encoder.Positions)
	defer nn.Free(input)
	return b.program.Call1([]*nn.Params{b.params}, input)
}
