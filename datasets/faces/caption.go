package faces

import "strings"

// Caption describes the portrait in one sentence, for text-conditional models: the age and the smile always, of the rest up
// to two things that stand out, which and how the number n decides. Every n >= 0 is legal.
func (p Portrait) Caption(n int) string {
	words := func(name string) string {
		a, err := find(name)
		if err != nil {
			return ""
		}
		return a.words[a.get(&p)]
	}
	face := words("Young") + " face"
	if p.Smiling {
		face = "smiling " + face
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
	text := []string{"a photo of a ", "a portrait of a ", "a picture of a "}[n%3] + face
	if many > 0 {
		text += " with " + extras[first]
	}
	if many > 1 && len(extras) > 1 {
		text += " and " + extras[(first+1)%len(extras)]
	}
	return strings.Replace(text, " a old", " an old", 1) + "."
}
