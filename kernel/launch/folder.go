package launch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// longestSocket is how many bytes the path of a Unix socket may have on every system: 104 with the closing zero on macOS.
const longestSocket = 103

// goplsSocket is the longest path GoNB makes a socket at, below a kernel's folder.
const goplsSocket = "tmp/gonb_00000000/gopls_socket"

// folder is the place of everything temporary of one kernel. It is its owner's alone (mode 0700) and locked as long as its launcher
// or its guard lives.
type folder struct {
	path string
	lock *os.File // the folder itself, with an flock on it
}

func (f folder) socket() string { return filepath.Join(f.path, "engine.sock") }
func (f folder) log() string    { return filepath.Join(f.path, "engine.log") }
func (f folder) bin() string    { return filepath.Join(f.path, "bin") }
func (f folder) tmp() string    { return filepath.Join(f.path, "tmp") }

// makeFolder deletes the folders of dead kernels below base and makes one for this process.
//
// Base is the folder for temporary files rather than XDG_RUNTIME_DIR: cells are compiled and run there, and that one may be a small
// memory disk from which no program may be started.
func makeFolder(base string) (folder, error) {
	all := filepath.Join(base, fmt.Sprintf("otherwise-%d", os.Getuid()))
	if err := privateFolder(all); err != nil {
		return folder{}, err
	}
	// Only who holds the lock of the parent makes or sweeps, so that no folder is swept before it is locked.
	guard, err := lockFile(all, syscall.LOCK_EX)
	if err != nil {
		return folder{}, err
	}
	defer guard.Close()
	if err := sweep(all); err != nil {
		return folder{}, err
	}
	path, err := os.MkdirTemp(all, fmt.Sprintf("%d-", os.Getpid()))
	if err != nil {
		return folder{}, fmt.Errorf("making the kernel's folder: %w", err)
	}
	f := folder{path: path}
	if longest := filepath.Join(path, goplsSocket); len(longest) > longestSocket {
		os.Remove(path)
		return folder{}, fmt.Errorf("the path %s is too long for a socket (%d bytes, %d are legal): set TMPDIR to a shorter one, such as /tmp",
			longest, len(longest), longestSocket)
	}
	if f.lock, err = lockFile(path, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return folder{}, err
	}
	for _, dir := range []string{f.bin(), f.tmp()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			f.remove()
			return folder{}, fmt.Errorf("making the kernel's folder: %w", err)
		}
	}
	return f, nil
}

// remove deletes the folder and gives up its lock.
func (f folder) remove() error {
	err := os.RemoveAll(f.path)
	f.lock.Close()
	return err
}

// privateFolder makes a folder that nobody else can write to. In a shared /tmp somebody else may have been there first.
func privateFolder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the folder for kernels: %w; set TMPDIR to a folder you can write", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("folder for kernels: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || ok && int(owner.Uid) != os.Getuid() {
		return fmt.Errorf("%s isn't a folder of yours alone (mode 0700): delete it, or set TMPDIR to another folder", path)
	}
	return nil
}

// sweep deletes the folders of kernels of which neither launcher nor guard lives. The lock on all must be held.
func sweep(all string) error {
	entries, err := os.ReadDir(all)
	if err != nil {
		return fmt.Errorf("sweeping dead kernels: %w", err)
	}
	for _, entry := range entries {
		path := filepath.Join(all, entry.Name())
		lock, err := lockFile(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue // alive
		}
		if err == nil {
			defer lock.Close()
		}
		// What can't be deleted now may be deletable at the next start; it's no reason not to start.
		os.RemoveAll(path)
	}
	return nil
}

// lockFile opens a file or folder and locks it. systemd-tmpfiles, too, leaves locked folders alone.
func lockFile(path string, how int) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock on %s: %w", path, err)
	}
	return f, nil
}
