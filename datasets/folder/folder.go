// Package folder reads pictures of one's own from a folder: sub-folders are classes, or a metadata.jsonl tells captions, as Hugging
// Face's "imagefolder" has both.
package folder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"otherwise/datasets"
	"otherwise/datasets/picture"
)

// MetadataFile is the file of captions: one JSON object a line, with file_name (relative to the folder, with forward slashes) and text.
const MetadataFile = "metadata.jsonl"

// extensions are those of the formats that package picture reads.
var extensions = []string{".png", ".jpg", ".jpeg", ".gif", ".webp"}

// Set is a folder's pictures. It is a [datasets.Labelled].
type Set struct {
	root    string
	classes []string
	entries []entry
}

type entry struct {
	file    string // relative to the root, with forward slashes
	label   int    // -1 where the folder has no classes
	caption string // empty where there is none
}

// Open lists the pictures below a folder, in the order of their names. Their classes are the names of the sub-folders that hold them,
// sorted; pictures beside sub-folders with pictures are an error, as is a folder without any. Hidden files, and those whose name
// doesn't end as a picture's, are left out. With a [MetadataFile] those pictures are taken that it names.
func Open(root string) (*Set, error) {
	s := &Set{root: root}
	captions, err := readCaptions(filepath.Join(root, MetadataFile))
	if err != nil {
		return nil, err
	}
	if err := s.list(captions); err != nil {
		return nil, fmt.Errorf("pictures in %s: %w", root, err)
	}
	for file := range captions {
		if !slices.ContainsFunc(s.entries, func(e entry) bool { return e.file == file }) {
			return nil, fmt.Errorf("%s names %q, which isn't there, or is no picture (%s)", filepath.Join(root, MetadataFile), file, strings.Join(extensions, ", "))
		}
	}
	if len(s.entries) == 0 {
		return nil, fmt.Errorf("no pictures in %s: a sub-folder for each class is wanted, or a %s; pictures end in %s", root, MetadataFile, strings.Join(extensions, ", "))
	}
	return s, s.label()
}

// list walks over the folder.
func (s *Set) list(captions map[string]string) error {
	return filepath.WalkDir(s.root, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if full != s.root && strings.HasPrefix(name, ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(name))) {
			return nil
		}
		relative, err := filepath.Rel(s.root, full)
		if err != nil {
			return err
		}
		file := filepath.ToSlash(relative)
		caption, told := captions[file]
		if captions == nil || told {
			s.entries = append(s.entries, entry{file: file, label: -1, caption: caption})
		}
		return nil
	})
}

// label finds each picture's class, the first folder of its path. Pictures that all lie in the root have none.
func (s *Set) label() error {
	var loose []string
	for _, e := range s.entries {
		class, _, below := strings.Cut(e.file, "/")
		switch {
		case !below:
			loose = append(loose, e.file)
		case !slices.Contains(s.classes, class):
			s.classes = append(s.classes, class)
		}
	}
	slices.Sort(s.classes)
	if len(loose) > 0 && len(s.classes) > 0 {
		return fmt.Errorf("pictures in %s: %s (and %d more) lies beside the folders of classes (%s, ...): put it into one", s.root, loose[0], len(loose)-1, s.classes[0])
	}
	for i := range s.entries {
		if len(s.classes) > 0 {
			s.entries[i].label = slices.Index(s.classes, strings.SplitN(s.entries[i].file, "/", 2)[0])
		}
	}
	return nil
}

// readCaptions reads a metadata file, by file name; nil where there is none.
func readCaptions(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	captions := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var line struct {
			File string  `json:"file_name"`
			Text *string `json:"text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, n, err)
		}
		name := path.Clean(line.File)
		if _, twice := captions[name]; line.File == "" || line.Text == nil || twice {
			return nil, fmt.Errorf("%s, line %d: wanted is a file_name that no other line has (%q), and a text", file, n, line.File)
		}
		captions[name] = *line.Text
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return captions, nil
}

// Name is the folder's path.
func (s *Set) Name() string { return s.root }

// Classes are the names of the sub-folders; none where all pictures lie in the folder itself.
func (s *Set) Classes() []string { return slices.Clone(s.classes) }

// Len is the number of pictures.
func (s *Set) Len() int { return len(s.entries) }

// Label is the class of picture i; -1 where the folder has no classes.
func (s *Set) Label(i int) int {
	if i < 0 || i >= len(s.entries) {
		return -1
	}
	return s.entries[i].label
}

// Captioned reports whether the folder has captions.
func (s *Set) Captioned() bool { return s.entries[0].caption != "" }

// Caption describes picture i in words. A folder without captions is an error.
func (s *Set) Caption(i int) (string, error) {
	switch {
	case i < 0 || i >= len(s.entries):
		return "", fmt.Errorf("picture %d of %s: it has 0 to %d", i, s.root, len(s.entries)-1)
	case s.entries[i].caption == "":
		return "", fmt.Errorf("%s has no caption for %s: %s tells captions", s.root, s.entries[i].file, MetadataFile)
	}
	return s.entries[i].caption, nil
}

// Sample reads picture i, upright; see-through parts become white.
func (s *Set) Sample(i int) (datasets.Sample, error) {
	if i < 0 || i >= len(s.entries) {
		return datasets.Sample{}, fmt.Errorf("picture %d of %s: it has 0 to %d", i, s.root, len(s.entries)-1)
	}
	img, err := picture.Open(filepath.Join(s.root, filepath.FromSlash(s.entries[i].file)), picture.Options{Background: color.White})
	if err != nil {
		return datasets.Sample{}, err
	}
	return datasets.Sample{Image: img, Label: s.entries[i].label, ID: path.Join(filepath.ToSlash(s.root), s.entries[i].file)}, nil
}
