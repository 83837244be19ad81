package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// deepest is how far below a folder golden values are looked for.
const deepest = 4

// Roots returns the folders of golden values in a folder: itself if a part knows a file there, else those below it. It is
// how one call checks a folder that holds several layouts.
func Roots(dir string) ([]string, error) { return roots(dir, 0) }

func roots(dir string, depth int) ([]string, error) {
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	known := func(f string) bool {
		return slices.ContainsFunc(Parts(), func(p Part) bool { return matches(p.Files, f) })
	}
	if slices.ContainsFunc(files, known) {
		return []string{dir}, nil
	}
	var found []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the folder of golden values: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || depth == deepest {
			continue
		}
		below, err := roots(filepath.Join(dir, e.Name()), depth+1)
		if err != nil {
			return nil, err
		}
		found = append(found, below...)
	}
	return found, nil
}
