package fashion

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	writeSet(t, dir, smallSet())
	for split, n := range map[Split]int{Train: 3, Test: 12} {
		set, err := Load(dir, split)
		if err != nil {
			t.Fatal(err)
		}
		if set.Len() != n {
			t.Errorf("%s: %d pictures, want %d", split, set.Len(), n)
		}
	}
	set, err := Load(dir, Test)
	if err != nil {
		t.Fatal(err)
	}
	if p := set.Pixels(11); len(p) != 784 || p[0] != 11 || p[30] != 41 || p[783] != byte(794%256) {
		t.Errorf("pixels of picture 11: %d bytes %v...", len(p), p[:min(len(p), 4)])
	}
	if got := set.Label(11); got != 1 {
		t.Errorf("label of picture 11: %d, want 1", got)
	}
	if set.Name() != "fashion" || len(set.Classes()) != 10 || set.Classes()[9] != "Ankle boot" {
		t.Errorf("name %q, classes %q", set.Name(), set.Classes())
	}
	set.Classes()[0] = "changed"
	if set.Classes()[0] != "T-shirt/top" {
		t.Error("a caller can change the set's classes")
	}
}

func TestSample(t *testing.T) {
	dir := t.TempDir()
	writeSet(t, dir, smallSet())
	set, err := Load(dir, Test)
	if err != nil {
		t.Fatal(err)
	}
	sample, err := set.Sample(7)
	if err != nil {
		t.Fatal(err)
	}
	if sample.Label != 7 || sample.ID != "fashion/test/00007" || sample.Image.Bounds() != image.Rect(0, 0, 28, 28) {
		t.Errorf("sample 7: label %d, ID %q, bounds %v", sample.Label, sample.ID, sample.Image.Bounds())
	}
	gray := sample.Image.(*image.Gray)
	if got := gray.GrayAt(3, 2).Y; got != 7+2*28+3 {
		t.Errorf("pixel at x 3, y 2: %d, want %d", got, 7+2*28+3)
	}
	gray.Pix[0] = 200
	if set.Pixels(7)[0] != 7 {
		t.Error("a sample's picture shares its pixels with the set")
	}
}

func TestOutOfRange(t *testing.T) {
	dir := t.TempDir()
	writeSet(t, dir, smallSet())
	set, err := Load(dir, Train)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{-1, 3, 1 << 60} {
		if set.Pixels(i) != nil || set.Label(i) != -1 {
			t.Errorf("picture %d of 3 has pixels or a label", i)
		}
		if _, err := set.Sample(i); err == nil || !strings.Contains(err.Error(), "pictures 0 to 2") {
			t.Errorf("Sample(%d): %v", i, err)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	const images, labels = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
	cut := func(data []byte, n int) []byte { return data[:len(data)-n] }
	tests := []struct {
		name string
		file string
		data []byte // of the file, gzipped
		want string
	}{
		{"empty file", images, nil, "not a gzip file"},
		{"not gzip", images, []byte("<html>404 not found</html>"), "not a gzip file"},
		{"not gzipped idx", labels, idxLabels(12), "not a gzip file"},
		{"gz cut", images, cut(gzipped(t, idxImages(12)), 30), "truncated"},
		{"gz without its checksum", images, cut(gzipped(t, idxImages(12)), 4), "truncated or damaged after"},
		{"gz with trailing rubbish", images, append(gzipped(t, idxImages(12)), "rubbish"...), "damaged after"},
		{"header cut", images, gzipped(t, idxImages(12)[:7]), "header of 16 bytes: unexpected EOF"},
		{"no header", labels, gzipped(t, nil), "header of 8 bytes: unexpected EOF"},
		{"data cut", images, gzipped(t, cut(idxImages(12), 1)), "9407 of 9408 bytes"},
		{"labels cut", labels, gzipped(t, cut(idxLabels(12), 1)), "11 of 12 bytes"},
		{"trailing data", images, gzipped(t, append(idxImages(12), 0)), "more data than the 9408 bytes"},
		{"images for labels", labels, gzipped(t, idxImages(12)), "magic number 0x803, but an idx file of labels starts with 0x801"},
		{"labels for images", images, gzipped(t, idxLabels(12)), "magic number 0x801, but"},
		{"other endianness", labels, gzipped(t, idx([]uint32{0x01080000, 12}, nil)), "magic number 0x1080000"},
		{"other dimensions", images, gzipped(t, idx([]uint32{imagesMagic, 12, 32, 28}, nil)), "28x32"},
		{"zero pictures", images, gzipped(t, idx([]uint32{imagesMagic, 0, 28, 28}, nil)), "says 0 pictures"},
		{"4 billion pictures", images, gzipped(t, idx([]uint32{imagesMagic, 1<<32 - 1, 28, 28}, nil)), "says 4294967295 pictures; legal are 1 to"},
		{"4 billion labels", labels, gzipped(t, idx([]uint32{labelsMagic, 1<<32 - 1}, nil)), "says 4294967295 labels"},
		{"label of no class", labels, gzipped(t, idx([]uint32{labelsMagic, 3}, []byte{0, 10, 1})), "label 1 is 10, but the classes are 0 to 9"},
		{"fewer labels than pictures", labels, gzipped(t, idxLabels(11)), "12 pictures but"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			writeSet(t, dir, smallSet())
			writeTestFile(t, filepath.Join(dir, test.file), test.data)
			_, err := Load(dir, Test)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range []string{test.want, filepath.Join(dir, test.file)} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q doesn't say %q", err, part)
				}
			}
		})
	}
}

func TestLoadMissing(t *testing.T) {
	if _, err := Load(t.TempDir(), Test); !os.IsNotExist(err) {
		t.Errorf("an empty folder: %v", err)
	}
	_, err := Load(t.TempDir(), "validation")
	if err == nil || !strings.Contains(err.Error(), `"train" and "test"`) {
		t.Errorf("an unknown split: %v", err)
	}
}

// TestPublished reads the real data set where the machine has it.
func TestPublished(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	dir, err := Find("", filepath.Join(cache, "otherwise"))
	if err != nil {
		t.Skip("Fashion-MNIST is not on this machine")
	}
	if err := verify(t.Context(), dir, sums); err != nil {
		t.Fatal(err)
	}
	for split, n := range map[Split]int{Train: 60_000, Test: 10_000} {
		set, err := Load(dir, split)
		if err != nil {
			t.Fatal(err)
		}
		perClass := make([]int, 10)
		for i := range set.Len() {
			perClass[set.Label(i)]++
		}
		for class, got := range perClass {
			if got != n/10 {
				t.Errorf("%s: %d pictures of class %d, want %d", split, got, class, n/10)
			}
		}
	}
}
