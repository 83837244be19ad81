package weights

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"

	"otherwise/weights/internal/pickle"
	"otherwise/weights/internal/refuse"
)

// maxDirectory bounds what is read to list a zip file. Stable Diffusion's takes 100 KB.
const maxDirectory = 32 << 20

// readTorchZip reads the zip files of torch 1.6 and later: FOLDER/data.pkl, and FOLDER/data/KEY for each storage.
func readTorchZip(r io.ReaderAt, size int64) (*File, error) {
	archive, err := openTorchZip(r, size)
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	tensors := &loader{storages: map[string]*storage{}, locate: archive.locate}
	begin, end, err := archive.place("data.pkl")
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	root, err := tensors.decode(pickle.NewReader(r, begin, end))
	if err != nil {
		return nil, fmt.Errorf("torch: %s/data.pkl: %w", archive.folder, err)
	}
	file, err := tensors.fileOf(r, size, root)
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	return file, nil
}

// torchZip is the list of a zip file's entries.
type torchZip struct {
	size    int64
	folder  string // that all entries are in, whatever it is called
	entries map[string]*zip.File
}

func openTorchZip(r io.ReaderAt, size int64) (*torchZip, error) {
	directory, err := zip.NewReader(&limited{r, maxDirectory}, size)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, refuse.Errorf(ErrTruncated, "the zip file has no valid directory at its end; it may be truncated: %w", err)
		}
		return nil, err
	}
	a := &torchZip{size: size, entries: make(map[string]*zip.File, len(directory.File))}
	for _, entry := range directory.File {
		if _, twice := a.entries[entry.Name]; twice {
			return nil, refuse.Errorf(ErrMalformed, "the zip file has two entries %.100q", entry.Name)
		}
		a.entries[entry.Name] = entry
		folder, isPickle := strings.CutSuffix(entry.Name, "/data.pkl")
		if !isPickle {
			continue
		}
		if a.folder != "" {
			return nil, refuse.Errorf(ErrMalformed, "the zip file has data.pkl twice, in %.100q and %.100q", a.folder, folder)
		}
		a.folder = folder
	}
	if a.folder == "" {
		return nil, refuse.Errorf(ErrUnsupported, "the zip file has no FOLDER/data.pkl: it is none of torch.save")
	}
	if _, script := a.entries[a.folder+"/constants.pkl"]; script {
		return nil, refuse.Errorf(ErrUnsupported, "the file is a TorchScript program; save its state_dict() from Python")
	}
	return a, a.checkByteOrder(r)
}

// checkByteOrder refuses the files of big-endian machines. Older versions of torch don't tell.
func (a *torchZip) checkByteOrder(r io.ReaderAt) error {
	if _, told := a.entries[a.folder+"/byteorder"]; !told {
		return nil
	}
	begin, end, err := a.place("byteorder")
	if err != nil {
		return err
	}
	order := make([]byte, min(end-begin, 16))
	if err := readFull(r, order, begin); err != nil {
		return err
	}
	if string(order) != "little" {
		return refuse.Errorf(ErrUnsupported, "the byte order is %q, only files of little-endian machines are read", order)
	}
	return nil
}

// place returns where an entry's bytes lie in the file. torch stores entries as they are.
func (a *torchZip) place(name string) (begin, end int64, err error) {
	entry, found := a.entries[a.folder+"/"+name]
	if !found {
		return 0, 0, refuse.Errorf(ErrMalformed, "the zip file has no entry %.100q", a.folder+"/"+name)
	}
	if entry.Method != zip.Store || entry.CompressedSize64 != entry.UncompressedSize64 {
		return 0, 0, refuse.Errorf(ErrUnsupported, "entry %.100q is compressed from %d to %d bytes; torch.save stores entries as they are", entry.Name, entry.UncompressedSize64, entry.CompressedSize64)
	}
	begin, err = entry.DataOffset()
	if err != nil {
		return 0, 0, refuse.Errorf(ErrMalformed, "entry %.100q: %w", entry.Name, err)
	}
	if begin < 0 || begin > a.size || entry.UncompressedSize64 > uint64(a.size-begin) {
		return 0, 0, refuse.Errorf(ErrTruncated, "entry %.100q has %d bytes from %d on, the file ends at %d", entry.Name, entry.UncompressedSize64, begin, a.size)
	}
	return begin, begin + int64(entry.UncompressedSize64), nil
}

// locate finds a storage.
func (a *torchZip) locate(key string, s *storage) error {
	begin, end, err := a.place("data/" + key)
	if err != nil {
		return err
	}
	if end-begin < s.size {
		return refuse.Errorf(ErrMalformed, "storage %.40q has %d bytes, the pickle says %d", key, end-begin, s.size)
	}
	s.begin = begin
	return nil
}

// limited gives an error once more than left bytes were read.
type limited struct {
	io.ReaderAt
	left int64
}

func (l *limited) ReadAt(p []byte, offset int64) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, refuse.Errorf(ErrTooLarge, "the zip file's directory takes more than %d MiB", maxDirectory>>20)
	}
	return l.ReaderAt.ReadAt(p, offset)
}
