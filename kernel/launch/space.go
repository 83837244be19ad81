package launch

import (
	"fmt"
	"syscall"
)

const (
	// cellSpace is what building a cell takes on the disk of the temporary folder: its program, twice while it is written, is some 25 MiB.
	cellSpace = 32 << 20
	// kernelSpace is the room without which no kernel is started.
	kernelSpace = 2 * cellSpace
)

// checkSpace returns an error unless the file system of a folder has room for so many bytes.
func checkSpace(folder string, bytes uint64) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return fmt.Errorf("free space of %s: %w; set TMPDIR to a folder you can write", folder, err)
	}
	if free := uint64(s.Bavail) * uint64(s.Bsize); free < bytes {
		return fmt.Errorf("the disk with the temporary folder %s is full: %d MiB are free, %d MiB are needed; free some, or set TMPDIR to a folder on another disk and restart Jupyter",
			folder, free>>20, bytes>>20)
	}
	return nil
}
