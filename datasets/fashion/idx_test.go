package fashion

import (
	"bytes"
	"testing"
)

// FuzzReadIDX feeds both readers with any bytes, as a gzip file and as what one holds. Whatever they accept must be whole
// pictures, or labels that are classes.
func FuzzReadIDX(f *testing.F) {
	for _, data := range [][]byte{
		nil,
		idxImages(1),
		idxLabels(5),
		idx([]uint32{imagesMagic, 1<<32 - 1, Size, Size}, nil),
		idx([]uint32{imagesMagic, 1, 1 << 31, 1 << 31}, nil),
		idx([]uint32{labelsMagic, 2}, []byte{1, 255}),
	} {
		f.Add(data)
		f.Add(gzipped(f, data))
		f.Add(gzipped(f, data)[:10])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, asGzip := range []bool{false, true} {
			images, err := readImages(bytes.NewReader(data))
			labels, labelsErr := readLabels(bytes.NewReader(data))
			if asGzip {
				images, err = readGzip(bytes.NewReader(data), readImages)
				labels, labelsErr = readGzip(bytes.NewReader(data), readLabels)
			}
			if err == nil && (len(images) == 0 || len(images)%pixels != 0) {
				t.Errorf("accepted %d bytes as pictures", len(images))
			}
			if labelsErr == nil && (len(labels) == 0 || bytes.ContainsFunc(labels, func(r rune) bool { return r > 9 })) {
				t.Errorf("accepted labels %v", labels)
			}
		}
	})
}
