package fashion

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The idx format is a magic number (two zero bytes, 8 for unsigned bytes, the number of dimensions), each dimension as a
// big-endian uint32, then the data; described by Y. LeCun with the MNIST data set.
const (
	imagesMagic = 0x803
	labelsMagic = 0x801
)

// maxCount bounds what is allocated because a file's header says so. The larger split has 60,000 pictures.
const maxCount = 70_000

// readFile gunzips a file and has read take its contents.
func readFile(path string, read func(io.Reader) ([]byte, error)) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := readGzip(f, read)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return data, nil
}

func readGzip(r io.Reader, read func(io.Reader) ([]byte, error)) ([]byte, error) {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("not a gzip file: %w", noEOF(err))
	}
	return read(gz)
}

// readImages reads an idx file of 28x28 pictures to its end and gives their pixels, one picture after the other.
func readImages(r io.Reader) ([]byte, error) {
	header, err := readHeader(r, imagesMagic, "pictures", 4)
	if err != nil {
		return nil, err
	}
	count, height, width := header[1], header[2], header[3]
	if height != Size || width != Size {
		return nil, fmt.Errorf("pictures of %dx%d pixels (width x height), but Fashion-MNIST's are %dx%d", width, height, Size, Size)
	}
	return readToEnd(r, int(count)*pixels)
}

// readLabels reads an idx file of labels to its end and checks that each is a class.
func readLabels(r io.Reader) ([]byte, error) {
	header, err := readHeader(r, labelsMagic, "labels", 2)
	if err != nil {
		return nil, err
	}
	labels, err := readToEnd(r, int(header[1]))
	if err != nil {
		return nil, err
	}
	for i, label := range labels {
		if int(label) >= len(classes) {
			return nil, fmt.Errorf("label %d is %d, but the classes are 0 to %d", i, label, len(classes)-1)
		}
	}
	return labels, nil
}

// readHeader reads n words, of which the first must be magic and the second a sane count of what.
func readHeader(r io.Reader, magic uint32, what string, n int) ([]uint32, error) {
	header := make([]uint32, n)
	if err := binary.Read(r, binary.BigEndian, header); err != nil {
		return nil, fmt.Errorf("reading the idx header of %d bytes: %w", 4*n, noEOF(err))
	}
	if header[0] != magic {
		return nil, fmt.Errorf("magic number %#x, but an idx file of %s starts with %#x", header[0], what, magic)
	}
	if header[1] == 0 || header[1] > maxCount {
		return nil, fmt.Errorf("the header says %d %s; legal are 1 to %d", header[1], what, maxCount)
	}
	return header, nil
}

// readToEnd reads the n bytes that must be the rest of r. Going on to the end has gzip compare its checksum as well.
func readToEnd(r io.Reader, n int) ([]byte, error) {
	data := make([]byte, n)
	if got, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("truncated or damaged: %d of %d bytes of data: %w", got, n, noEOF(err))
	}
	switch _, err := io.ReadFull(r, make([]byte, 1)); {
	case err == nil:
		return nil, fmt.Errorf("more data than the %d bytes that the header says", n)
	case errors.Is(err, io.EOF):
		return data, nil
	default:
		return nil, fmt.Errorf("truncated or damaged after %d bytes of data: %w", n, err)
	}
}

// noEOF calls an end of file what it is where more had to come.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
