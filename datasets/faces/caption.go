package faces

import (
	"slices"
	"strings"
)

// Prompt is how a class of a task is asked for in words, as [diffusion.Prompts] in this project has it: "{a}" stands for
// the article, "{}" for the class.
const Prompt = "a photo of {a} {} face."

var openings = []string{"a photo of a ", "a portrait of a ", "a picture of a "}

// Words lists all words that captions and the prompts of the tasks Smiling and Young are made of, in alphabetical order.
func Words() []string {
	texts := slices.Concat(openings, hairColors, []string{"an face with and hair"})
	for _, a := range attributes {
		texts = append(texts, a.words[:]...)
	}
	words := strings.Fields(strings.Join(texts, " "))
	slices.Sort(words)
	return slices.Compact(words)
}

// CaptionWords is the largest number of words of a caption.
const CaptionWords = 16

// Caption describes the portrait in one sentence, for text-conditional models: the smile, the age or both, and up to two
// things more that stand out. The number n decides which and how; every n >= 0 is legal.
func (p Portrait) Caption(n int) string {
	words := func(name string) string {
		a, err := find(name)
		if err != nil {
			return ""
		}
		return a.words[a.get(&p)]
	}
	var extras []string
	for _, a := range attributes[2:] {
		if len(a.values) == 2 && a.get(&p) == 1 {
			extras = append(extras, strings.TrimPrefix(a.words[1], "with "))
		}
	}
	extras = append(extras, hairColors[p.HairColor]+" hair")
	first, n := n%len(extras), n/len(extras)
	many, n := n%3, n/3
	said, n := n%4, n/4
	face := words("Smiling") + " " + words("Young") + " face"
	switch said {
	case 1:
		face = words("Smiling") + " face"
	case 2:
		face = words("Young") + " face"
	}
	text := openings[n%len(openings)] + face
	if many > 0 {
		text += " with " + extras[first]
	}
	if many > 1 && len(extras) > 1 {
		text += " and " + extras[(first+1)%len(extras)]
	}
	return strings.Replace(text, " a old", " an old", 1) + "."
}
