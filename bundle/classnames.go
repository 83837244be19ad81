package bundle

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"otherwise/classify"
)

// clipNames are ImageNet's classes as the authors of CLIP call them (MIT licence), in the order of the labels. Some names are
// those of two classes.
//
//go:embed imagenet_clip.txt
var clipNames string

// classNames are what classes are called, and what prompts say for them.
type classNames struct{ names, spoken []string }

// read finds the names that a recipe asks for. folder is where its file's path begins.
func (c RecipeClasses) read(folder string) (classNames, error) {
	names, err := c.named(folder)
	if err == nil {
		err = distinct(names)
	}
	if err != nil {
		return classNames{}, fmt.Errorf("classes: %w", err)
	}
	spoken := names
	switch c.Spoken {
	case "":
	case "clip":
		if spoken = lines(clipNames); len(spoken) != len(names) {
			return classNames{}, fmt.Errorf("classes: CLIP's names are for ImageNet's %d classes, there are %d", len(spoken), len(names))
		}
	default:
		return classNames{}, fmt.Errorf("classes: spoken is %q; legal are clip, or nothing", c.Spoken)
	}
	return classNames{names, spoken}, nil
}

func (c RecipeClasses) named(folder string) ([]string, error) {
	switch {
	case c.List != "":
		return classify.Labels(c.List)
	case c.File == "":
		return c.Names, nil
	}
	file := c.File
	if !filepath.IsAbs(file) {
		file = filepath.Join(folder, file)
	}
	text, err := readBounded(file)
	return lines(string(text)), err
}

func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		all = append(all, strings.TrimSpace(line))
	}
	return all
}

// distinct checks that every class has a name of its own.
func distinct(names []string) error {
	for i, name := range names {
		if name == "" {
			return fmt.Errorf("class %d has no name", i)
		}
		if first := slices.Index(names, name); first < i {
			return fmt.Errorf("%q comes twice, as %d and %d", name, first, i)
		}
	}
	if len(names) < 2 {
		return fmt.Errorf("there are %d; a classifier tells at least two apart", len(names))
	}
	return nil
}
