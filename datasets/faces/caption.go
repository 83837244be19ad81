package faces

import (
	"slices"
	"strings"
)

// Prompt is how a class of the tasks Smiling and Young is asked for in words, as [diffusion.Prompts] in this project has it:
// "{a}" stands for the article, "{}" for the class.
const Prompt = "a photo of {a} {} face."

// PromptOf is how a class of a task is asked for; classes such as "with glasses" stand behind the face. Of an unknown
// task it is [Prompt].
func PromptOf(task string) string {
	if a, err := find(task); err == nil && strings.HasPrefix(a.words[1], "with ") {
		return "a photo of a face {}."
	}
	return Prompt
}

var openings = []string{"a photo of a ", "a portrait of a ", "a picture of a "}

// Words lists all words that captions and the prompts of all tasks are made of, in alphabetical order.
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

// Caption describes the portrait in one sentence, for text-conditional models: the smile, the age, both or neither, and up to
// two things more, of those that stand out and of one that is not there. The number n decides which and how; every n >= 0 is
// legal.
func (p Portrait) Caption(n int) string {
	words := func(name string) string {
		a, err := find(name)
		if err != nil {
			return ""
		}
		return a.words[a.get(&p)]
	}
	var extras, absent []string
	for _, a := range attributes[2:] {
		switch {
		case len(a.values) != 2:
		case a.get(&p) == 1:
			extras = append(extras, a.words[1])
		default:
			absent = append(absent, a.words[0])
		}
	}
	extras = append(extras, "with "+hairColors[p.HairColor]+" hair")
	if len(absent) > 0 {
		extras = append(extras, "") // one of the absent, chosen below
	}
	first, n := n%len(extras), n/len(extras)
	many, n := n%3, n/3
	said, n := n%5, n/5
	opening, n := n%len(openings), n/len(openings)
	if len(absent) > 0 {
		extras[len(extras)-1] = absent[n%len(absent)]
	}
	face := words("Smiling") + " " + words("Young") + " face"
	switch said {
	case 1:
		face = words("Smiling") + " face"
	case 2:
		face = words("Young") + " face"
	case 3:
		face = "face"
	}
	text := openings[opening] + face
	if many > 0 {
		text += " " + extras[first]
	}
	if many > 1 && len(extras) > 1 {
		second := extras[(first+1)%len(extras)]
		if strings.HasPrefix(extras[first], "with ") {
			second = strings.TrimPrefix(second, "with ")
		}
		text += " and " + second
	}
	return strings.Replace(text, " a old", " an old", 1) + "."
}
