package install

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/google/renameio/v2"
)

const (
	programPrefix = "otherwise-" // of copies of the program, in the toolbox
	usersSuffix   = ".kernels"   // of the list of kernelspecs that a copy was made for
)

// keep copies the program into the toolbox for the kernelspec in a folder, and returns the copy's path, which its content names.
func (b *toolbox) keep(program, folder string) (string, error) {
	from, err := os.Open(program)
	if err != nil {
		return "", fmt.Errorf("copying this program: %w", err)
	}
	defer from.Close()
	h := sha256.New()
	if _, err := io.Copy(h, from); err != nil {
		return "", fmt.Errorf("copying this program: %w", err)
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("copying this program: %w", err)
	}
	place := filepath.Join(b.folder, programPrefix+hex.EncodeToString(h.Sum(nil)[:8]))
	all := users(place)
	if !slices.Contains(all, folder) {
		all = append(all, folder)
	}
	if err := renameio.WriteFile(place+usersSuffix, []byte(strings.Join(all, "\n")+"\n"), 0o644); err != nil {
		return "", b.unwritable(err)
	}
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	to, err := renameio.NewPendingFile(place, renameio.WithTempDir(b.folder), renameio.WithStaticPermissions(0o755))
	if err != nil {
		return "", b.unwritable(err)
	}
	defer to.Cleanup()
	if _, err := io.Copy(to, from); err != nil {
		return "", b.unwritable(err)
	}
	if err := to.CloseAtomicallyReplace(); err != nil {
		return "", b.unwritable(err)
	}
	return place, nil
}

// users lists the folders of the kernelspecs that a copy of the program was made for.
func users(program string) []string {
	text, err := os.ReadFile(program + usersSuffix)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// discard deletes the copies of the program that no kernelspec starts any more and no kernel runs.
func (b *toolbox) discard() error {
	lists, err := filepath.Glob(filepath.Join(b.folder, programPrefix+"*"+usersSuffix))
	for _, list := range lists {
		program := strings.TrimSuffix(list, usersSuffix)
		started := slices.ContainsFunc(users(program), func(folder string) bool {
			s, err := readSpec(folder)
			return err == nil && len(s.Argv) > 0 && s.Argv[0] == program
		})
		if !started && !inUse(program) {
			err = errors.Join(err, os.RemoveAll(program), os.RemoveAll(list))
		}
	}
	if err != nil {
		return b.unwritable(err)
	}
	return nil
}

// inUse reports whether a launcher runs from the program: it holds a lock on it (see launch.Run).
func inUse(program string) bool {
	f, err := os.Open(program)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
