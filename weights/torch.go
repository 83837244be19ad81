package weights

import (
	"io"

	"otherwise/weights/internal/pickle"
	"otherwise/weights/internal/refuse"
)

// OpenTorch opens a file that torch.save wrote: a zip file, a file from before torch 1.6, or a tar file from before
// 0.1.10. Tensors are named by the keys that lead to them in nested dicts, joined by dots; those in a top-level dict
// "state_dict" go by their keys alone. What is in lists is left out. Views are read as what they show, in row-major order.
//
// Nothing in the file is run. Classes that are only named are skipped; calls other than those that rebuild tensors and
// a few harmless values are an [ErrForbidden].
func OpenTorch(path string) (*File, error) {
	return openPath(path, readTorch)
}

// readTorch tells the kinds of torch files apart by their first bytes.
func readTorch(r io.ReaderAt, size int64) (*File, error) {
	var first [4]byte
	if size < int64(len(first)) {
		return nil, refuse.Errorf(refuse.ErrTruncated, "torch: %d bytes are too few for a file", size)
	}
	if err := readFull(r, first[:], 0); err != nil {
		return nil, err
	}
	switch {
	case string(first[:]) == zipMagic:
		return readTorchZip(r, size)
	case first[0] == pickleProto:
		return readTorchLegacy(r, size)
	}
	return nil, refuse.Errorf(refuse.ErrUnsupported, "torch: the file begins with % x, which is neither a zip file nor a pickle", first)
}

const (
	zipMagic    = "PK\x03\x04"
	pickleProto = 0x80
)

// loader rebuilds the tensors of one torch file.
type loader struct {
	storages map[string]*storage
	// locate finds a storage's bytes, where they can be found before the pickle ends. It may be nil.
	locate func(key string, s *storage) error
}

func (l *loader) decode(r *pickle.Reader) (any, error) {
	return pickle.Decode(r, pickle.Handler{Call: call, Persistent: l.persistent})
}

// fileOf makes a File of the tensors in a decoded pickle.
func (l *loader) fileOf(r io.ReaderAt, size int64, root any) (*File, error) {
	tensors, err := nameTensors(root)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(tensors))
	var total int64
	for _, t := range tensors {
		e := t.value.entry()
		e.name = t.name
		// Views of one storage, and views that repeat elements, are small in a file and large in memory.
		total += int64(e.elements()) * int64(e.dtype.Size())
		if limit := 4*size + 16<<20; total > limit {
			return nil, refuse.Errorf(refuse.ErrTooLarge, "the tensors take more than %d bytes, four times the file", limit)
		}
		entries = append(entries, e)
	}
	return newFile(r, 0, entries, nil), nil
}
