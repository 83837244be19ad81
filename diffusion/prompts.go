package diffusion

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion/tokenize"
	"otherwise/nn"
)

// Prompts say in words what a text-conditional model is asked for.
type Prompts struct {
	Classes []string // names, by class
	// Template is the prompt of a class: "{}" stands for its name, "{a}" for "a" or "an", by the name's first letter.
	// "a photo of a {}." where none is given, as LDCE has it; ECED has "A photo of {a} {}".
	Template string
	// Nothing is the prompt that stands for "no class"; the published models were trained with the empty one.
	Nothing string
}

// Of is the prompt for a class or [Unconditional].
func (p Prompts) Of(class int) (string, error) {
	switch {
	case class == Unconditional:
		return p.Nothing, nil
	case class < 0 || class >= len(p.Classes):
		return "", fmt.Errorf("class %d has no name; there are names for 0..%d", class, len(p.Classes)-1)
	}
	template := p.Template
	if template == "" {
		template = "a photo of a {}."
	}
	article := "a"
	if name := p.Classes[class]; name != "" && strings.ContainsRune("aeiouAEIOU", rune(name[0])) {
		article = "an"
	}
	return strings.NewReplacer("{}", p.Classes[class], "{a}", article).Replace(template), nil
}

// Truncation is a prompt that was too long for the text encoder.
type Truncation struct {
	Prompt string
	Cut    int // tokens at its end that the model doesn't see
}

func (t Truncation) String() string {
	return fmt.Sprintf("the last %d tokens of the prompt %q don't fit into %d and are not seen", t.Cut, t.Prompt, tokenize.Length)
}

// TextConditioner makes condition tokens of prompts: a [Conditioner] of a text encoder and its tokenizer.
type TextConditioner struct {
	Prompts   Prompts
	tokenizer *tokenize.CLIP
	params    *nn.Params
	program   *nn.Program
}

// Bind makes a conditioner of the encoder, its parameters and the prompts of classes.
func (e TextEncoder) Bind(backend compute.Backend, params *nn.Params, tokenizer *tokenize.CLIP, prompts Prompts) *TextConditioner {
	return &TextConditioner{Prompts: prompts, tokenizer: tokenizer, params: params,
		program: nn.NewProgram(backend, "text encoder", func(nets []nn.Scope, args []*Node) []*Node {
			return []*Node{e.Encode(nets[0], args[0])}
		})}
}

// Tokens returns [len(classes), 77, width] for classes or [Unconditional], by their prompts.
func (c *TextConditioner) Tokens(classes []int) (*tensors.Tensor, error) {
	prompts := make([]string, len(classes))
	for i, class := range classes {
		var err error
		if prompts[i], err = c.Prompts.Of(class); err != nil {
			return nil, err
		}
	}
	tokens, _, err := c.Encode(prompts)
	return tokens, err
}

// Encode returns the condition tokens [len(prompts), 77, width] of any texts, and which of them were too long.
func (c *TextConditioner) Encode(prompts []string) (*tensors.Tensor, []Truncation, error) {
	var ids []int32
	var cut []Truncation
	for _, prompt := range prompts {
		tokens := c.tokenizer.Encode(prompt, tokenize.HuggingFace)
		ids = append(ids, tokens.IDs...)
		if tokens.Cut > 0 {
			cut = append(cut, Truncation{Prompt: prompt, Cut: tokens.Cut})
		}
	}
	input := tensors.FromFlatDataAndDimensions(ids, len(prompts), tokenize.Length)
	defer nn.Free(input)
	states, err := c.program.Call1([]*nn.Params{c.params}, input)
	return states, cut, err
}

// Truncated lists the classes' prompts that are too long, to be told to the user before anything is made with them.
func (c *TextConditioner) Truncated() []Truncation {
	var cut []Truncation
	for class := range c.Prompts.Classes {
		prompt, err := c.Prompts.Of(class)
		if err != nil {
			continue
		}
		if tokens := c.tokenizer.Encode(prompt, tokenize.HuggingFace); tokens.Cut > 0 {
			cut = append(cut, Truncation{Prompt: prompt, Cut: tokens.Cut})
		}
	}
	return cut
}
