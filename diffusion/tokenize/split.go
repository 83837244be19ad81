package tokenize

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// openCLIPStart and openCLIPEnd are special in open_clip's texts, where [HuggingFace] has the vocabulary's own names.
const (
	openCLIPStart = "<start_of_text>"
	openCLIPEnd   = "<end_of_text>"
)

// contractions are words of their own wherever they begin, tried in this order.
var contractions = []string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}

// split cuts a lower-cased text into words, as CLIP's pattern does from left to right: a special token of open_clip, a
// contraction, a run of letters, one digit, or a run of anything else but space.
func split(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			r, size := utf8.DecodeRuneInString(text)
			if !unicode.IsSpace(r) {
				size = wordLength(text)
				if !yield(text[:size]) {
					return
				}
			}
			text = text[size:]
		}
	}
}

// wordLength is the number of bytes of the word that text begins with.
func wordLength(text string) int {
	for _, fixed := range append([]string{openCLIPStart, openCLIPEnd}, contractions...) {
		if strings.HasPrefix(text, fixed) {
			return len(fixed)
		}
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case unicode.IsLetter(r):
		return runLength(text, unicode.IsLetter)
	case unicode.IsNumber(r):
		return size
	}
	return runLength(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
}

// runLength is the number of bytes of the characters at the beginning of text that belong.
func runLength(text string, belongs func(rune) bool) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return !belongs(r) }); end >= 0 {
		return end
	}
	return len(text)
}

// part is a stretch of a text: a special token, or what lies between two.
type part struct {
	text    string
	id      int32
	special bool
}

// splitSpecial finds the vocabulary's start and end tokens written out in a text.
func (v *vocabulary) splitSpecial(text string) []part {
	var parts []part
	for text != "" {
		at, token, id := len(text), "", int32(0)
		for _, name := range []string{startToken, endToken} {
			if i := strings.Index(text, name); i >= 0 && i < at {
				at, token, id = i, name, v.ids[name]
			}
		}
		parts = append(parts, part{text: text[:at]})
		if token != "" {
			parts = append(parts, part{id: id, special: true})
		}
		text = text[at+len(token):]
	}
	return parts
}

func (v *vocabulary) openCLIPSpecial(word string, as Convention) (int32, bool) {
	switch {
	case as != OpenCLIP:
		return 0, false
	case word == openCLIPStart:
		return v.start, true
	case word == openCLIPEnd:
		return v.end, true
	}
	return 0, false
}

// normalise is the Hugging Face tokenizer's preparation: NFC, then lower case character by character.
func normalise(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		if r == 'İ' { // the one character whose lower case is two
			b.WriteString("i\u0307")
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// lowerPython is Unicode's lower case of a whole text, which knows the end of a Greek word, as Python's str.lower.
func lowerPython(text string) string { return cases.Lower(language.Und).String(text) }
