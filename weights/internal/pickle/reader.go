package pickle

import (
	"bufio"
	"errors"
	"io"

	"otherwise/weights/internal/refuse"
)

// Reader reads the pickles that follow each other in a file, and knows how many bytes are left before it reads them.
type Reader struct {
	buffer  *bufio.Reader
	at, end int64
}

// NewReader returns a reader of the bytes [begin, end) of r.
func NewReader(r io.ReaderAt, begin, end int64) *Reader {
	return &Reader{bufio.NewReader(io.NewSectionReader(r, begin, end-begin)), begin, end}
}

// Offset returns where the next byte stands in the file.
func (r *Reader) Offset() int64 { return r.at }

func (r *Reader) byte() (byte, error) {
	b, err := r.buffer.ReadByte()
	if err != nil {
		return 0, r.failed(err)
	}
	r.at++
	return b, nil
}

// take reads n bytes into memory that is only asked for if the file has as many.
func (r *Reader) take(n uint64) ([]byte, error) {
	if n > uint64(r.end-r.at) {
		return nil, refuse.Errorf(refuse.ErrTruncated, "%d bytes should follow, but the file ends after %d", n, r.end-r.at)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r.buffer, data); err != nil {
		return nil, r.failed(err)
	}
	r.at += int64(n)
	return data, nil
}

// maxLine bounds the opcodes whose argument is a line of text: names and numbers.
const maxLine = 4096

// line reads up to a newline, which is left out.
func (r *Reader) line() (string, error) {
	var text []byte
	for {
		b, err := r.byte()
		switch {
		case err != nil:
			return "", err
		case b == '\n':
			return string(text), nil
		case len(text) == maxLine:
			return "", refuse.Errorf(refuse.ErrTooLarge, "a line has more than %d bytes", maxLine)
		}
		text = append(text, b)
	}
}

func (r *Reader) failed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refuse.Errorf(refuse.ErrTruncated, "the pickle has no end: the file stops at byte %d", r.at)
	}
	return err
}
