package verify

import (
	"path"
	"slices"
	"strings"
)

// Part checks one kind of golden file. Patterns are those of [path.Match], on paths relative to the folder.
type Part struct {
	// Files is the pattern of the files that the part is run on, each by itself, for example "ldce_traj_*.safetensors".
	Files string
	// Also lists patterns of further files that it reads, beside the description of the same name with the extension .json.
	Also []string
	// Full says that the part takes minutes and gigabytes. It runs only when asked for.
	Full bool
	// Run checks one file. It may end early by [Check.Fatal].
	Run func(c *Check)
}

// Parts returns all parts, in the order in which they run.
func Parts() []Part {
	return slices.Concat(toyParts, ldceParts, ecedParts, camParts, metricParts,
		fileParts, layerParts, tokenizerParts, schedulerParts, stableDiffusionParts, latentDiffusionParts, classifierParts, resizeParts,
		baselineParts, fullParts)
}

// known reports whether a part runs on a file or reads it.
func (p Part) known(file string) bool {
	return slices.ContainsFunc(append([]string{p.Files, stem(p.Files) + ".json"}, p.Also...), func(pattern string) bool { return matches(pattern, file) })
}

func matches(pattern, file string) bool {
	ok, err := path.Match(pattern, file)
	return err == nil && ok
}

// stem is a file's path without its extension: the name of a part's run on it.
func stem(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }
