package fashion

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ulikunitz/xz"
)

// idx makes an idx file: the words of its header, then its data.
func idx(header []uint32, data []byte) []byte {
	var file []byte
	for _, word := range header {
		file = binary.BigEndian.AppendUint32(file, word)
	}
	return append(file, data...)
}

// idxImages makes n pictures; pixel p of picture i is (i + p) mod 256.
func idxImages(n int) []byte {
	data := make([]byte, n*pixels)
	for i := range data {
		data[i] = byte(i/pixels + i%pixels)
	}
	return idx([]uint32{imagesMagic, uint32(n), Size, Size}, data)
}

// idxLabels makes n labels: 0, 1, ... 9, 0, ...
func idxLabels(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i % 10)
	}
	return idx([]uint32{labelsMagic, uint32(n)}, data)
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// smallSet is a data set of 3 training and 12 test pictures: the contents of the four files before gzip, by name.
func smallSet() map[string][]byte {
	return map[string][]byte{
		"train-images-idx3-ubyte.gz": idxImages(3),
		"train-labels-idx1-ubyte.gz": idxLabels(3),
		"t10k-images-idx3-ubyte.gz":  idxImages(12),
		"t10k-labels-idx1-ubyte.gz":  idxLabels(12),
	}
}

// sumsOf gives what Fetch is to expect instead of the published sums.
func sumsOf(set map[string][]byte) map[string]string {
	sums := map[string]string{}
	for name, data := range set {
		sum := sha256.Sum256(data)
		sums[name] = hex.EncodeToString(sum[:])
	}
	return sums
}

// writeSet writes the files of a set into a new folder dir.
func writeSet(t *testing.T, dir string, set map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range set {
		writeTestFile(t, filepath.Join(dir, name), gzipped(t, data))
	}
}

func writeTestFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// arArchive joins members in the given order.
func arArchive(members ...arMember) []byte {
	file := []byte("!<arch>\n")
	for _, m := range members {
		file = fmt.Appendf(file, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.name, 0, 0, 0, "100644", len(m.data))
		file = append(file, m.data...)
		if len(m.data)%2 == 1 {
			file = append(file, '\n')
		}
	}
	return file
}

type arMember struct {
	name string
	data []byte
}

// tarXZ packs entries; one without a type is a regular file.
func tarXZ(t testing.TB, entries ...tarEntry) []byte {
	t.Helper()
	var file bytes.Buffer
	compressed, err := xz.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(compressed)
	for _, e := range entries {
		e.Size, e.Mode = int64(len(e.data)), 0o644
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	for _, close := range []func() error{w.Close, compressed.Close} {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

type tarEntry struct {
	tar.Header
	data []byte
}

func file(name string, data []byte) tarEntry {
	return tarEntry{tar.Header{Name: name, Typeflag: tar.TypeReg}, data}
}

// deb packs a set as Debian does, with entries before and after it that are not to be unpacked.
func deb(t testing.TB, set map[string][]byte) []byte {
	t.Helper()
	entries := []tarEntry{
		{tar.Header{Name: "./usr/share/datasets/fashion-mnist/", Typeflag: tar.TypeDir}, nil},
		file("./usr/share/doc/train-labels-idx1-ubyte.gz", []byte("of another folder")),
		file("../../train-labels-idx1-ubyte.gz", []byte("out of the folder")),
	}
	for _, name := range fileNames() {
		if data, ok := set[name]; ok {
			entries = append(entries, file("./usr/share/datasets/fashion-mnist/"+name, gzipped(t, data)))
		}
	}
	return arArchive(
		arMember{"debian-binary", []byte("2.0\n")},
		arMember{"control.tar.xz", []byte("odd")},
		arMember{"data.tar.xz", tarXZ(t, entries...)},
	)
}
