package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The metadata keys of a checkpoint.
const (
	stateKey  = "otherwise.state"
	digestKey = "otherwise.sha256"
)

// previousSuffix is appended to a checkpoint's path for the one saved before it.
const previousSuffix = ".prev"

// Checkpoint is an open checkpoint whose checksum was right.
type Checkpoint struct {
	*File
	Path string // the file that was loaded: the path asked for, or the previous checkpoint beside it

	// Skipped says why the newest checkpoint was not loaded and the previous one was. It is nil if the newest was loaded.
	Skipped error
}

// SaveCheckpoint saves tensors and the JSON form of state, such as step and seed, as one safetensors file with a
// checksum over both. The checkpoint that was at path is kept at path + ".prev". A process that is killed or a machine
// that loses power at any moment leaves at least one complete checkpoint, which [LoadCheckpoint] finds.
//
// One process may save to a path at a time: what an earlier one left half-written is removed.
func SaveCheckpoint(path string, tensors []Tensor, state any) error {
	text, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("checkpoint %s: the state has no JSON form: %w", path, err)
	}
	sorted, entries, err := layOut(tensors)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	digest := sha256.New()
	describe(digest, string(text), entries)
	if err := encodeData(digest, sorted); err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	metadata := map[string]string{stateKey: string(text), digestKey: hex.EncodeToString(digest.Sum(nil))}

	if err := removeLeftovers(path); err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	pending, err := writePending(path, func(w io.Writer) error { return encode(w, sorted, metadata) })
	if err != nil {
		return err
	}
	defer pending.Cleanup()
	held, err := holdPrevious(path)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	if err := commit(pending, path); err != nil {
		return errors.Join(err, removeIfThere(held))
	}
	if held == "" {
		return nil
	}
	// Only now, with the new checkpoint on the disk, may the one before the previous go.
	if err := os.Rename(held, path+previousSuffix); err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// holdPrevious gives the checkpoint at path a second name and returns it, or "" if there is nothing to hold. On a
// file system without hard links the checkpoint is moved to its final place instead.
func holdPrevious(path string) (string, error) {
	held := path + previousSuffix + ".new"
	if err := removeIfThere(held); err != nil {
		return "", err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errors.New("what stands there is not a regular file; choose another path")
	}
	if err := os.Link(path, held); err != nil {
		return "", os.Rename(path, path+previousSuffix)
	}
	return held, nil
}

// removeLeftovers removes the temporary files of savers that were killed: ".NAME" and a random number, as renameio names them.
func removeLeftovers(path string) error {
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		number, ok := strings.CutPrefix(file.Name(), prefix)
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if err := removeIfThere(filepath.Join(dir, file.Name())); err != nil {
			return err
		}
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// LoadCheckpoint opens the checkpoint at path and decodes its state into the value that state points to. If the
// newest is missing or damaged, the previous one is loaded and Skipped says why. If there is none at all, the error
// is an [fs.ErrNotExist].
func LoadCheckpoint(path string, state any) (*Checkpoint, error) {
	loaded, text, err := openCheckpoint(path)
	if err != nil {
		previous, previousText, previousErr := openCheckpoint(path + previousSuffix)
		switch {
		case errors.Is(previousErr, fs.ErrNotExist):
			return nil, fmt.Errorf("checkpoint: %w", err)
		case errors.Is(err, fs.ErrNotExist) && previousErr != nil:
			return nil, fmt.Errorf("checkpoint: %w", previousErr)
		case previousErr != nil:
			return nil, fmt.Errorf("checkpoint: %w; and the one before: %w", err, previousErr)
		}
		loaded, text = previous, previousText
		loaded.Skipped = err
	}
	if err := decodeStrict([]byte(text), state); err != nil {
		loaded.Close()
		return nil, fmt.Errorf("checkpoint %s: its state is not that of this program: %w", loaded.Path, err)
	}
	return loaded, nil
}

// openCheckpoint opens one file and compares its checksum. It also returns the JSON text of the state.
func openCheckpoint(path string) (*Checkpoint, string, error) {
	file, err := Open(path)
	if err != nil {
		return nil, "", err
	}
	if err := file.checkDigest(); err != nil {
		file.Close()
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return &Checkpoint{File: file, Path: path}, file.metadata[stateKey], nil
}

// checkDigest reads the whole file and compares its checksum with the one in its metadata.
func (f *File) checkDigest() error {
	state, hasState := f.metadata[stateKey]
	want, hasDigest := f.metadata[digestKey]
	if !hasState || !hasDigest {
		return fmt.Errorf("is not a checkpoint: its metadata has the keys %q, want %q and %q", slices.Sorted(maps.Keys(f.metadata)), stateKey, digestKey)
	}
	digest := sha256.New()
	describe(digest, state, f.entries)
	for i := range f.entries {
		err := f.source.pieces(f.dataAt+f.entries[i].begin, f.dataAt+f.entries[i].end, func(block []byte) error {
			_, err := digest.Write(block)
			return err
		})
		if err != nil {
			return fmt.Errorf("tensor %q: %w", f.entries[i].name, err)
		}
	}
	if found := hex.EncodeToString(digest.Sum(nil)); found != want {
		return fmt.Errorf("is damaged: its checksum is %s, want %s", found, want)
	}
	return nil
}

// describe writes what the checksum of a checkpoint covers beside the elements. Entries come in the order of the file.
// w is a hash, whose Write never fails.
func describe(w io.Writer, state string, entries []entry) {
	fmt.Fprintf(w, "%q\n", state)
	for _, e := range entries {
		fmt.Fprintf(w, "%q %s %d %d %d\n", e.name, e.dtype, e.shape, e.begin, e.end)
	}
}
