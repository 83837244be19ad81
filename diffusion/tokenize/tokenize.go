// Package tokenize turns texts into the token ids that CLIP's text towers read: byte-pair encoding of lower-cased words
// with CLIP's vocabulary, in the two conventions that are in use.
//
// The vocabulary is read from a folder as it is published: tokenizer.json, or vocab.json with merges.txt, each plain or
// gzipped.
package tokenize

import "slices"

// Convention is a way to prepare a text and to pad its tokens. Both split words alike and use the same vocabulary.
type Convention int

const (
	// HuggingFace is what Stable Diffusion was trained and is run with (transformers' CLIPTokenizer): NFC, lower case,
	// special tokens in a text are honoured, and the folder's padding token fills up (the end token for Stable
	// Diffusion 1, "!" for 2).
	HuggingFace Convention = iota
	// OpenCLIP is open_clip's: typographic quotes, ligatures and full-width letters are made plain, HTML entities are
	// decoded, lower case, padding with 0. See [Clean].
	OpenCLIP
)

// Length is the number of tokens that CLIP's text towers read, start and end included.
const Length = 77

// CLIP is a tokenizer with its vocabulary. It is safe for concurrent use.
type CLIP struct {
	vocabulary
	pad int32 // of the Hugging Face convention
}

// Tokens are the ids of one text.
type Tokens struct {
	IDs []int32 // [Length]: start, the text's tokens, end, padding
	Cut int     // how many of the text's tokens did not fit and are lost
}

// Encode returns a text's ids. Of a text that is too long the first Length-2 tokens are kept, and Cut tells how many
// were not.
func (c *CLIP) Encode(text string, as Convention) Tokens {
	ids, pad := []int32{c.start}, c.pad
	if as == OpenCLIP {
		pad = 0
		ids = c.words(ids, lowerPython(Clean(text)), as)
	} else {
		for _, part := range c.splitSpecial(text) {
			if part.special {
				ids = append(ids, part.id)
			} else {
				ids = c.words(ids, normalise(part.text), as)
			}
		}
	}
	cut := max(0, len(ids)-(Length-1))
	ids = append(ids[:len(ids)-cut], c.end)
	return Tokens{IDs: slices.Concat(ids, slices.Repeat([]int32{pad}, Length-len(ids))), Cut: cut}
}

// words appends the ids of a prepared text's words.
func (c *CLIP) words(ids []int32, text string, as Convention) []int32 {
	for word := range split(text) {
		if id, special := c.openCLIPSpecial(word, as); special {
			ids = append(ids, id)
			continue
		}
		ids = c.bytePairs(ids, word)
	}
	return ids
}
