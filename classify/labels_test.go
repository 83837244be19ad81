package classify_test

import (
	"slices"
	"strings"
	"testing"

	"otherwise/classify"
)

func TestLabels(t *testing.T) {
	for set, want := range map[string]struct {
		size  int
		some  map[int]string
		model string
	}{
		"imagenet1k":       {1000, map[int]string{0: "tench", 339: "sorrel", 340: "zebra", 999: "toilet tissue"}, "resnet50"},
		"flowers102":       {102, map[int]string{0: "pink primrose", 101: "blackberry lily"}, ""},
		"oxford_pets":      {37, map[int]string{0: "Abyssinian", 11: "Egyptian Mau", 36: "Yorkshire Terrier"}, ""},
		"cifar10":          {10, map[int]string{3: "cat"}, ""},
		"celebahq_smiling": {2, map[int]string{1: "smile"}, ""},
		"celebahq_young":   {2, map[int]string{1: "young"}, ""},
		"celebahq_male":    {2, map[int]string{1: "male"}, ""},
	} {
		labels, err := classify.Labels(set)
		if err != nil {
			t.Fatal(err)
		}
		if len(labels) != want.size {
			t.Fatalf("%s has %d labels, want %d", set, len(labels), want.size)
		}
		for i, name := range want.some {
			if labels[i] != name {
				t.Errorf("%s: label %d is %q, want %q", set, i, labels[i], name)
			}
		}
		if sorted := slices.Sorted(slices.Values(labels)); len(slices.Compact(sorted)) != want.size {
			t.Errorf("%s has a label twice", set)
		}
	}
	if len(classify.LabelSets()) != 7 {
		t.Errorf("sets %q: one is not tested", classify.LabelSets())
	}
	if _, err := classify.Labels("imagenet"); err == nil || !strings.Contains(err.Error(), "imagenet1k") {
		t.Errorf("an unknown set: %v", err)
	}
}

func TestTemplatesNameTheClass(t *testing.T) {
	for set, templates := range classify.Templates {
		if _, err := classify.Labels(set); err != nil {
			t.Error(err)
		}
		for _, template := range templates {
			if strings.Count(template, "{}") != 1 {
				t.Errorf("%s: template %q", set, template)
			}
		}
	}
}
