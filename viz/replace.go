package viz

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// file is a file to write.
type file struct {
	name  string
	write func(io.Writer) error
}

// replaceFiles puts files into a folder, which is made if need be: all of them or, with an error, none. Files of the
// names in owned that are not among them go, so that nothing of an earlier result stays beside the new one. Other files
// are left alone.
//
// Everything is first written and synced in a temporary folder: inside of dir, which is on the right file system even
// where dir is a mount point. Only then are files moved, back again if one of them can't be. The last of files arrives
// last, and an older one of its name goes first: while it is there, the others belong to it.
func replaceFiles(dir string, files []file, owned []string) (err error) {
	unmake, err := makeFolder(dir)
	if err != nil {
		return fmt.Errorf("cannot make the folder %s: %w", dir, err)
	}
	stage, err := os.MkdirTemp(dir, ".otherwise-")
	if err != nil {
		return errors.Join(fmt.Errorf("cannot write to the folder %s: %w", dir, err), unmake())
	}
	s := swap{dir: dir, fresh: filepath.Join(stage, "new"), old: filepath.Join(stage, "old")}
	if err := s.run(files, owned); err != nil {
		if undo := s.undo(); undo != nil {
			return fmt.Errorf("cannot write to %s: %w; moving the earlier files back failed too, they are in %s: %w", dir, err, s.old, undo)
		}
		return errors.Join(fmt.Errorf("cannot write to %s, which is left as it was: %w", dir, err), os.RemoveAll(stage), unmake())
	}
	return os.RemoveAll(stage)
}

// makeFolder makes a folder with those above it; unmake takes away again what was made and is empty.
func makeFolder(dir string) (unmake func() error, err error) {
	var made []string
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, d)
	}
	unmake = func() error {
		var err error
		for _, d := range made {
			if removed := os.Remove(d); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
				err = errors.Join(err, removed)
			}
		}
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, errors.Join(err, unmake())
	}
	return unmake, nil
}

// swap moves files from fresh to dir, and those that were in dir to old.
type swap struct {
	dir, fresh, old string
	moved           [][2]string // from, to
}

func (s *swap) run(files []file, owned []string) error {
	for _, d := range []string{s.fresh, s.old} {
		if err := os.Mkdir(d, 0o777); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := writeSynced(filepath.Join(s.fresh, f.name), f.write); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	names := make([]string, 0, len(files)+len(owned))
	for i := len(files) - 1; i >= 0; i-- {
		names = append(names, files[i].name)
	}
	names = append(names, owned...)
	for _, name := range names {
		info, err := os.Lstat(filepath.Join(s.dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is in the way and not a plain file: move it, or write to another folder", filepath.Join(s.dir, name))
		}
		if err := s.move(filepath.Join(s.dir, name), filepath.Join(s.old, name)); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := s.move(filepath.Join(s.fresh, f.name), filepath.Join(s.dir, f.name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *swap) move(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	s.moved = append(s.moved, [2]string{from, to})
	return nil
}

// undo moves everything back, the last first.
func (s *swap) undo() error {
	var err error
	for i := len(s.moved) - 1; i >= 0; i-- {
		err = errors.Join(err, os.Rename(s.moved[i][1], s.moved[i][0]))
	}
	return err
}

// writeSynced makes a file and waits until the disk has it: a full one may say so only then.
func writeSynced(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync()); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
