package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"otherwise/datasets/fashion"
)

// writeFixture fills a folder for the scripts:
//   - fashion: a data set of the real pictures in the repository's testdata/pictures, once each as its test pictures, and as often as fills
//     a batch or two as its training pictures;
//   - boot.png, one of them, and boot-on-white.png, its negative;
//   - huge.png, tiny.png, torn.png and text.png, which can't be explained.
func writeFixture(dir string) error {
	names, err := filepath.Glob("../../testdata/pictures/*.png")
	if err != nil {
		return err
	}
	var images, labels []byte
	files := map[string][]byte{"text.png": []byte("this is no picture")}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return err
		}
		digit, garment, _ := strings.Cut(filepath.Base(name), "-")
		label, err := strconv.Atoi(digit)
		if err != nil {
			return err
		}
		images, labels = append(images, img.(*image.Gray).Pix...), append(labels, byte(label))
		if garment == "ankle-boot.png" {
			files["boot.png"], files["torn.png"] = data, data[:len(data)/2]
			if files["boot-on-white.png"], err = encode(negative{img}); err != nil {
				return err
			}
		}
	}
	if files["tiny.png"], err = encode(image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		return err
	}
	if files["huge.png"], err = hugePNG(); err != nil {
		return err
	}
	const repeat = 50
	for name, data := range map[string][]byte{
		"t10k-images-idx3-ubyte.gz":  idx(images, len(labels), fashion.Size, fashion.Size),
		"t10k-labels-idx1-ubyte.gz":  idx(labels, len(labels)),
		"train-images-idx3-ubyte.gz": idx(bytes.Repeat(images, repeat), len(labels)*repeat, fashion.Size, fashion.Size),
		"train-labels-idx1-ubyte.gz": idx(bytes.Repeat(labels, repeat), len(labels)*repeat),
	} {
		if files["fashion/"+name], err = gzipped(data); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "fashion"), 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// idx makes an idx file of bytes.
func idx(data []byte, dims ...int) []byte {
	file := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		file = binary.BigEndian.AppendUint32(file, uint32(d))
	}
	return append(file, data...)
}

func gzipped(data []byte) ([]byte, error) {
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err := w.Close()
	return file.Bytes(), err
}

func encode(img image.Image) ([]byte, error) {
	var file bytes.Buffer
	err := png.Encode(&file, img)
	return file.Bytes(), err
}

// hugePNG is a PNG whose header promises 20000x20000 pixels.
func hugePNG() ([]byte, error) {
	file, err := encode(image.NewGray(image.Rect(0, 0, 8, 8)))
	if err != nil {
		return nil, err
	}
	// signature (8 bytes), length and type of the header chunk (8), width (4), height (4), 5 more, checksum of type and all
	header := file[12:29]
	binary.BigEndian.PutUint32(header[4:], 20000)
	binary.BigEndian.PutUint32(header[8:], 20000)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(header))
	return file, nil
}
