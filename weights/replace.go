package weights

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// replaceFile puts what write writes at path: into a temporary file beside it first, which takes path's place once it
// is complete and on the disk. If anything fails, what was at path stays, and the temporary file is removed.
func replaceFile(path string, write func(io.Writer) error) error {
	pending, err := writePending(path, write)
	if err != nil {
		return err
	}
	defer pending.Cleanup()
	return commit(pending, path)
}

// writePending writes the temporary file of replaceFile. The caller commits it and cleans it up.
func writePending(path string, write func(io.Writer) error) (*renameio.PendingFile, error) {
	pending, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := write(pending); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write %s: %w", path, err), pending.Cleanup())
	}
	return pending, nil
}

// commit moves a pending file to its place, and waits until the disk knows.
func commit(pending *renameio.PendingFile, path string) error {
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder survive a power cut.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	// Some network and user-space file systems cannot sync a folder; there is nothing better to do on them.
	if err := folder.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
