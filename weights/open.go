package weights

import (
	"io"
)

// OpenCheckpoint opens a file of weights of any kind that this package reads, told apart by content: see [Open] and
// [OpenTorch].
func OpenCheckpoint(path string) (Source, error) {
	file, err := openPath(path, readAny)
	if err != nil {
		return nil, err // not file: a nil *File in a Source would not be nil
	}
	return file, nil
}

// readAny tells a safetensors file, whose header begins with '{' after 8 bytes of length, from a torch file.
func readAny(r io.ReaderAt, size int64) (*File, error) {
	var first [9]byte
	if size >= int64(len(first)) {
		if err := readFull(r, first[:], 0); err != nil {
			return nil, err
		}
	}
	if first[8] != '{' && (string(first[:4]) == zipMagic || first[0] == pickleProto) {
		return readTorch(r, size)
	}
	return Read(r, size)
}
