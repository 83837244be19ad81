package folder_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otherwise/datasets"
	"otherwise/datasets/folder"
)

var _ datasets.Labelled = (*folder.Set)(nil)

// lay writes an 8x8 picture, of which the first pixel is of the given grey, at each path, and texts at the others.
func lay(t *testing.T, pictures map[string]uint8, texts map[string]string) string {
	t.Helper()
	root := t.TempDir()
	write := func(name string, content func(*os.File) error) {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(full)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := content(f); err != nil {
			t.Fatal(err)
		}
	}
	for name, grey := range pictures {
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		img.SetGray(0, 0, color.Gray{Y: grey})
		write(name, func(f *os.File) error { return png.Encode(f, img) })
	}
	for name, text := range texts {
		write(name, func(f *os.File) error { _, err := f.WriteString(text); return err })
	}
	return root
}

func TestClassesAreSubfolders(t *testing.T) {
	root := lay(t, map[string]uint8{"dog/b.png": 3, "cat/deep/a.PNG": 2, "cat/a.png": 1, ".hidden/x.png": 9, "cat/.thumb.png": 9},
		map[string]string{"cat/notes.txt": "no picture"})
	s, err := folder.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Classes(); !slices.Equal(got, []string{"cat", "dog"}) || s.Len() != 3 || s.Captioned() {
		t.Fatalf("classes %v, %d pictures", got, s.Len())
	}
	for i, want := range []struct {
		label int
		grey  uint32
		id    string
	}{{0, 1, "/cat/a.png"}, {0, 2, "/cat/deep/a.PNG"}, {1, 3, "/dog/b.png"}} {
		sample, err := s.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		r, _, _, _ := sample.Image.At(0, 0).RGBA()
		if sample.Label != want.label || s.Label(i) != want.label || r>>8 != want.grey || !strings.HasSuffix(sample.ID, want.id) {
			t.Errorf("picture %d: label %d, grey %d, ID %s; want %+v", i, sample.Label, r>>8, sample.ID, want)
		}
	}
	if _, err := s.Sample(3); err == nil || s.Label(-1) != -1 {
		t.Error("a picture that isn't there was read")
	}
	if _, err := s.Caption(0); err == nil || !strings.Contains(err.Error(), folder.MetadataFile) {
		t.Errorf("caption: %v", err)
	}
}

func TestCaptions(t *testing.T) {
	root := lay(t, map[string]uint8{"a.png": 1, "b.png": 2, "unnamed.png": 3}, map[string]string{folder.MetadataFile: `{"file_name": "b.png", "text": "a dark bar"}

{"file_name": "./a.png", "text": "a bar", "source": "ours"}
`})
	s, err := folder.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 2 || !s.Captioned() || len(s.Classes()) != 0 || s.Label(0) != -1 {
		t.Fatalf("%d pictures, classes %v", s.Len(), s.Classes())
	}
	for i, want := range []string{"a bar", "a dark bar"} {
		if got, err := s.Caption(i); err != nil || got != want {
			t.Errorf("caption %d is %q (%v), want %q", i, got, err, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for word, root := range map[string]string{
		"no pictures in":            lay(t, nil, map[string]string{"cat/readme.txt": ""}),
		"lies beside the folders":   lay(t, map[string]uint8{"cat/a.png": 1, "b.png": 2}, nil),
		`names "gone.png"`:          lay(t, map[string]uint8{"a.png": 1}, map[string]string{folder.MetadataFile: `{"file_name": "gone.png", "text": ""}`}),
		"line 1":                    lay(t, map[string]uint8{"a.png": 1}, map[string]string{folder.MetadataFile: `{"file_name": "a.png"`}),
		"and a text":                lay(t, map[string]uint8{"a.png": 1}, map[string]string{folder.MetadataFile: `{"file_name": "a.png"}`}),
		"that no other line has":    lay(t, map[string]uint8{"a.png": 1}, map[string]string{folder.MetadataFile: "{\"file_name\": \"a.png\", \"text\": \"x\"}\n{\"file_name\": \"a.png\", \"text\": \"y\"}"}),
		"no such file or directory": filepath.Join(t.TempDir(), "nowhere"),
	} {
		if _, err := folder.Open(root); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got %v", word, err)
		}
	}
	broken := lay(t, nil, map[string]string{"cat/a.png": "not a picture"})
	s, err := folder.Open(broken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sample(0); err == nil || !strings.Contains(err.Error(), "a.png") {
		t.Errorf("a broken picture: %v", err)
	}
}
