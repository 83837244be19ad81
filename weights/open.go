package weights

import (
	"io"
	"os"

	"otherwise/weights/internal/refuse"
)

// OpenCheckpoint opens weights of any kind that this package reads: a file, told apart by its content (see [Open],
// [OpenTorch] and [OpenSharded]), or the file of weights in a folder (see [FindWeights]).
func OpenCheckpoint(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if path, err = FindWeights(path); err != nil {
			return nil, err
		}
	}
	isIndex := false
	file, err := openPath(path, func(r io.ReaderAt, size int64) (*File, error) {
		if isIndex = looksLikeJSON(r, size); isIndex {
			return &File{}, nil
		}
		return readAny(r, size)
	})
	if err != nil {
		return nil, err // not file: a nil *File in a Source would not be nil
	}
	if isIndex {
		file.Close()
		return OpenSharded(path)
	}
	return file, nil
}

// looksLikeJSON tells an index of shards from all other files: a safetensors file's first 8 bytes are a length below 100
// MB, the last of which are zeros, as in no text.
func looksLikeJSON(r io.ReaderAt, size int64) bool {
	var first [8]byte
	return size >= int64(len(first)) && readFull(r, first[:], 0) == nil && first[0] == '{' && first[7] != 0
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
	const magicAt, magic = 257, "ustar" // of a tar file
	var tar [len(magic)]byte
	if size >= magicAt+int64(len(magic)) && first[8] != '{' && readFull(r, tar[:], magicAt) == nil && string(tar[:]) == magic {
		return nil, refuse.Errorf(ErrUnsupported, "a tar file, as torch wrote before 0.1.10: save it again with a current torch")
	}
	return Read(r, size)
}
