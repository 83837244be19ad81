package tokenize

import (
	"html"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

var (
	entity         = regexp.MustCompile(`&#?[0-9A-Za-z]{1,24};`)
	terminalEscape = regexp.MustCompile("\x1b\\[[\\d;]*[a-zA-Z]")
)

// plain replaces characters by the plain ones that ftfy puts in their place: Latin ligatures and digraphs, typographic
// quotes, and all kinds of line breaks.
var plain = strings.NewReplacer(
	"Ĳ", "IJ", "ĳ", "ij", "ŉ", "ʼn", "Ǳ", "DZ", "ǲ", "Dz", "ǳ", "dz", "Ǆ", "DŽ", "ǅ", "Dž", "ǆ", "dž",
	"Ǉ", "LJ", "ǈ", "Lj", "ǉ", "lj", "Ǌ", "NJ", "ǋ", "Nj", "ǌ", "nj",
	"ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "ſt", "ﬆ", "st",
	"\u02bc", "'", "\u2018", "'", "\u2019", "'", "\u201a", "'", "\u201b", "'",
	"\u201c", `"`, "\u201d", `"`, "\u201e", `"`, "\u201f", `"`,
	"\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u3000", " ")

// Clean is what open_clip does to a text before it splits it: ftfy's repairs, then two rounds of decoding HTML entities.
// Of ftfy's repairs it makes those that concern single characters. It does not undo text that was decoded in a wrong
// encoding, such as "cafÃ©", which ftfy guesses at.
func Clean(text string) string {
	lines := strings.SplitAfter(text, "\n")
	entities := true // until a "<" shows that the text holds markup, which stays as it is
	for i, line := range lines {
		entities = entities && !strings.Contains(line, "<")
		lines[i] = repair(line, entities)
	}
	return strings.TrimSpace(html.UnescapeString(html.UnescapeString(strings.Join(lines, ""))))
}

// repair makes single characters plain, again until nothing changes.
func repair(text string, entities bool) string {
	for {
		before := text
		if entities {
			text = entity.ReplaceAllStringFunc(text, unescape)
		}
		text = strings.Map(windows1252, text)
		text = plain.Replace(fullWidth(text))
		text = terminalEscape.ReplaceAllString(text, "")
		text = norm.NFC.String(strings.Map(visible, text))
		if text == before {
			return text
		}
	}
}

// unescape decodes an HTML entity, also where its name was written in capitals (&EACUTE;).
func unescape(name string) string {
	if decoded := html.UnescapeString(name); decoded != name {
		return decoded
	}
	if lower := strings.ToLower(name); name == strings.ToUpper(name) {
		if decoded := html.UnescapeString(lower); decoded != lower {
			return strings.ToUpper(decoded)
		}
	}
	return name
}

// windows1252 replaces control characters of Latin-1 by the characters that Windows has in their place.
func windows1252(r rune) rune {
	if r < 0x80 || r > 0x9f {
		return r
	}
	return charmap.Windows1252.DecodeByte(byte(r))
}

// fullWidth replaces full-width and half-width forms by characters of standard width.
func fullWidth(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r > 0xff00 && r < 0xfff0 {
			b.WriteString(norm.NFKC.String(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// visible drops the control characters that ftfy drops.
func visible(r rune) rune {
	switch {
	case r < 0x09, r == 0x0b, r >= 0x0e && r < 0x20, r == 0x7f,
		r >= 0x206a && r < 0x2070, r == 0xfeff, r >= 0xfff9 && r < 0xfffd:
		return -1
	}
	return r
}
