package weights

import (
	"encoding/binary"
	"fmt"
	"io"

	"otherwise/weights/internal/pickle"
	"otherwise/weights/internal/refuse"
)

// The files of torch before 1.6 are five pickles and the storages. The first two pickles say what the file is.
const (
	legacyMagic    = pickle.Integer("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")
	legacyProtocol = int64(1001)
)

func readTorchLegacy(r io.ReaderAt, size int64) (*File, error) {
	file, err := readLegacy(r, size)
	if err != nil {
		return nil, fmt.Errorf("torch (before 1.6): %w", err)
	}
	return file, nil
}

func readLegacy(r io.ReaderAt, size int64) (*File, error) {
	pickles := pickle.NewReader(r, 0, size)
	tensors := &loader{storages: map[string]*storage{}}
	magic, err := tensors.decode(pickles)
	if err != nil {
		return nil, err
	}
	if magic != any(legacyMagic) {
		return nil, refuse.Errorf(ErrUnsupported, "the file is a pickle, but not one of torch.save")
	}
	if err := checkLegacySystem(tensors, pickles); err != nil {
		return nil, err
	}
	root, err := tensors.decode(pickles)
	if err != nil {
		return nil, err
	}
	keys, err := tensors.decode(pickles)
	if err != nil {
		return nil, err
	}
	if err := tensors.placeLegacy(r, pickles.Offset(), size, keys); err != nil {
		return nil, err
	}
	return tensors.fileOf(r, size, root)
}

// checkLegacySystem reads the protocol and the description of the machine that wrote the file.
func checkLegacySystem(tensors *loader, pickles *pickle.Reader) error {
	protocol, err := tensors.decode(pickles)
	if err != nil {
		return err
	}
	if protocol != any(legacyProtocol) {
		return refuse.Errorf(ErrUnsupported, "the format's version is not %d", legacyProtocol)
	}
	system, err := tensors.decode(pickles)
	if err != nil {
		return err
	}
	dict, ok := system.(*pickle.Dict)
	if !ok {
		return refuse.Errorf(ErrMalformed, "there is no description of the machine that wrote the file")
	}
	if little, _ := dict.Get("little_endian"); little != any(true) {
		return refuse.Errorf(ErrUnsupported, "only files of little-endian machines are read")
	}
	return nil
}

// placeLegacy finds the storages, which follow the pickles in the order of keys: a count of elements, and the elements.
func (l *loader) placeLegacy(r io.ReaderAt, at, size int64, keys any) error {
	list, ok := keys.(*pickle.List)
	if !ok {
		return refuse.Errorf(ErrMalformed, "there is no list of storages")
	}
	placed := map[string]bool{}
	for _, item := range list.Items {
		key, ok := item.(string)
		s := l.storages[key]
		if !ok || s == nil || placed[key] {
			return refuse.Errorf(ErrMalformed, "storage %.40q is listed twice, or no tensor uses it", key)
		}
		placed[key] = true
		const prefix = 8
		if s.size > size-at-prefix {
			return refuse.Errorf(ErrTruncated, "storage %.40q has %d bytes, the file ends %d bytes into it", key, s.size, max(size-at-prefix, 0))
		}
		var count [prefix]byte
		if err := readFull(r, count[:], at); err != nil {
			return err
		}
		if stored, want := binary.LittleEndian.Uint64(count[:]), uint64(s.size)/uint64(max(s.dtype.Size(), 1)); stored != want {
			return refuse.Errorf(ErrMalformed, "storage %.40q has %d elements, the pickle says %d", key, stored, want)
		}
		s.begin = at + prefix
		at = s.begin + s.size
	}
	if len(placed) != len(l.storages) {
		return refuse.Errorf(ErrMalformed, "tensors use %d storages, the file has %d", len(l.storages), len(placed))
	}
	return nil
}
