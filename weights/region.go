package weights

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"otherwise/weights/internal/refuse"
)

// region gives access to the bytes of a file.
type region interface {
	io.ReaderAt
	// pieces calls use with the bytes [begin, end) in order, in pieces whose lengths, but for the last, are multiples
	// of 8. A piece is valid during the call only.
	pieces(begin, end int64, use func(piece []byte) error) error
}

func asRegion(r io.ReaderAt) region {
	if known, ok := r.(region); ok {
		return known
	}
	return reader{r}
}

// memory is a file that lies in memory.
type memory struct {
	*bytes.Reader
	data []byte
}

func newMemory(data []byte) memory { return memory{bytes.NewReader(data), data} }

func (m memory) pieces(begin, end int64, use func([]byte) error) error {
	return use(m.data[begin:end:end])
}

// reader is a file that can only be read.
type reader struct{ io.ReaderAt }

// blocks are the buffers that files are read through: small enough to stay in the processor's cache until decoded.
var blocks = sync.Pool{New: func() any { return new([256 << 10]byte) }}

func (r reader) pieces(begin, end int64, use func([]byte) error) error {
	buffer := blocks.Get().(*[256 << 10]byte)
	defer blocks.Put(buffer)
	for begin < end {
		piece := buffer[:min(int64(len(buffer)), end-begin)]
		if err := readFull(r, piece, begin); err != nil {
			return err
		}
		if err := use(piece); err != nil {
			return err
		}
		begin += int64(len(piece))
	}
	return nil
}

// readFull fills p from offset on. Ending early is an error here: it is known that the bytes were there.
func readFull(r io.ReaderAt, p []byte, offset int64) error {
	n, err := r.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return truncatedBy(int64(len(p) - n))
	}
	return err
}

func truncatedBy(missing int64) error {
	return refuse.Errorf(refuse.ErrTruncated, "%d bytes are missing at the file's end: it was truncated while open: %w", missing, io.ErrUnexpectedEOF)
}
