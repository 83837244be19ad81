package classify

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// Flowers102's classes as torchvision has them, and Oxford-IIIT Pets' breeds in the order of the data set's ids.
var (
	//go:embed flowers102.txt
	flowerNames string
	//go:embed oxford_pets.txt
	petNames string
)

var cifar10Names = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// labelSets makes the known sets of labels.
var labelSets = []struct {
	name   string
	labels func() []string
}{
	{"imagenet1k", ImageNetClasses},
	{"flowers102", func() []string { return column(flowerNames, 0) }},
	{"oxford_pets", func() []string { return column(petNames, 0) }},
	{"cifar10", func() []string { return slices.Clone(cifar10Names) }},
	{"celebahq_smiling", func() []string { return []string{"no smile", "smile"} }},
	{"celebahq_young", func() []string { return []string{"old", "young"} }},
	{"celebahq_male", func() []string { return []string{"female", "male"} }},
}

// LabelSets lists the names that [Labels] knows.
func LabelSets() []string {
	var names []string
	for _, s := range labelSets {
		names = append(names, s.name)
	}
	return names
}

// Labels returns the class names, in the order of a classifier's logits, of a set: imagenet1k, flowers102, oxford_pets, cifar10, or
// an attribute of CelebA-HQ. No name occurs twice in a set. An unknown set is an error that lists the known ones.
func Labels(set string) ([]string, error) {
	for _, s := range labelSets {
		if s.name == set {
			return s.labels(), nil
		}
	}
	return nil, fmt.Errorf("unknown set of labels %q; known are %s", set, strings.Join(LabelSets(), ", "))
}

// column returns one of the columns of a table of lines with tabs.
func column(table string, i int) []string {
	var out []string
	for line := range strings.Lines(table) {
		out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t")[i])
	}
	return out
}

// Templates are prompts for zero-shot classification ([OpenCLIP.AddClasses]) by set of labels: OpenAI's for CLIP
// (https://github.com/openai/CLIP, data/prompts.md). ImageNet's are the seven that its notebook finds to be nearly as good as all eighty.
var Templates = map[string][]string{
	"imagenet1k": {"itap of a {}.", "a bad photo of the {}.", "a origami {}.", "a photo of the large {}.", "a {} in a video game.", "art of the {}.",
		"a photo of the small {}."},
	"flowers102":  {"a photo of a {}, a type of flower."},
	"oxford_pets": {"a photo of a {}, a type of pet."},
	"cifar10":     {"a photo of a {}."},
}
