// Package fashion reads Fashion-MNIST: 60,000 training and 10,000 test pictures of garments in 10 classes, 28x28 gray
// pixels each, bright on black (Xiao, Rasul, Vollgraf: "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
// Learning Algorithms", arXiv:1708.07747).
//
// [Find] says where the four files are, [Fetch] gets them where apt is there, [Load] reads a split of them, and [Open] does both.
package fashion

import (
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"otherwise/datasets"
	"otherwise/setup"
)

// Size is the width and the height of every picture in pixels.
const Size = 28

// pixels is the number of bytes of one picture.
const pixels = Size * Size

// classes in the order of the labels, as the authors' README has them.
var classes = []string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
}

// Split is one of the two parts of the data set.
type Split = datasets.Split

const (
	Train = datasets.Train // 60,000 pictures to learn from
	Test  = datasets.Test  // 10,000 pictures to judge by
)

// filesOf gives the names under which a split is published.
func filesOf(s Split) (images, labels string, err error) {
	switch s {
	case Train:
		return "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", nil
	case Test:
		return "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", nil
	}
	return "", "", fmt.Errorf("no split %q of Fashion-MNIST: the splits are %q and %q", string(s), Train, Test)
}

// Set is one split in memory. It implements [datasets.Dataset] and is never changed once loaded.
type Set struct {
	split  Split
	images []byte // Len() pictures of 784 bytes, row by row
	labels []byte // Len() labels, 0 to 9
}

var _ datasets.Dataset = (*Set)(nil)

// Open reads a split from where [Find] finds it: the cache folder, or that of Debian's package.
func Open(split Split) (*Set, error) {
	cache, err := setup.CacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := Find("", cache)
	if err != nil {
		return nil, err
	}
	return Load(dir, split)
}

// Load reads a split from the two gzipped idx files in dir. Whatever is wrong with them is an error that names the file:
// wrong magic or dimensions, truncated or trailing data, a label over 9, more or fewer labels than pictures.
func Load(dir string, split Split) (*Set, error) {
	imagesName, labelsName, err := filesOf(split)
	if err != nil {
		return nil, err
	}
	imagesPath, labelsPath := filepath.Join(dir, imagesName), filepath.Join(dir, labelsName)
	images, err := readFile(imagesPath, readImages)
	if err != nil {
		return nil, err
	}
	labels, err := readFile(labelsPath, readLabels)
	if err != nil {
		return nil, err
	}
	if len(images)/pixels != len(labels) {
		return nil, fmt.Errorf("%s has %d pictures but %s has %d labels: the files are not of one set",
			imagesPath, len(images)/pixels, labelsPath, len(labels))
	}
	return &Set{split: split, images: images, labels: labels}, nil
}

// Name is "fashion".
func (s *Set) Name() string { return "fashion" }

// Classes gives the ten garments; see [datasets.Dataset].
func (s *Set) Classes() []string { return slices.Clone(classes) }

// Len is the number of pictures.
func (s *Set) Len() int { return len(s.labels) }

// Pixels gives picture i as Size*Size bytes, row by row, 0 black to 255 white; nil unless 0 <= i < Len().
// The bytes are the set's own and must not be written to.
func (s *Set) Pixels(i int) []byte {
	if i < 0 || i >= s.Len() {
		return nil
	}
	return s.images[i*pixels : (i+1)*pixels : (i+1)*pixels]
}

// Label gives the class of picture i, 0 to 9; -1 unless 0 <= i < Len().
func (s *Set) Label(i int) int {
	if i < 0 || i >= s.Len() {
		return -1
	}
	return int(s.labels[i])
}

// Sample gives picture i as an *image.Gray of its own, with its label and an ID such as "fashion/test/00017".
func (s *Set) Sample(i int) (datasets.Sample, error) {
	if i < 0 || i >= s.Len() {
		return datasets.Sample{}, fmt.Errorf("no picture %d in Fashion-MNIST's %s split: it has pictures 0 to %d", i, s.split, s.Len()-1)
	}
	return datasets.Sample{
		Image: &image.Gray{Pix: slices.Clone(s.Pixels(i)), Stride: Size, Rect: image.Rect(0, 0, Size, Size)},
		Label: s.Label(i),
		ID:    fmt.Sprintf("fashion/%s/%05d", s.split, i),
	}, nil
}
