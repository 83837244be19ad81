package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// checkFolder tells, before long work starts, whether a folder can be written or made. It leaves nothing behind.
func checkFolder(dir string) error {
	existing, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	for {
		info, err := os.Stat(existing)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("can't write to the folder %s: %s is a file; name another folder", dir, existing)
		}
		if err == nil {
			break
		}
		missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
		if !missing || existing == filepath.Dir(existing) {
			return fmt.Errorf("output folder: %w", err)
		}
		existing = filepath.Dir(existing)
	}
	probe, err := os.CreateTemp(existing, ".otherwise-*")
	if err != nil {
		return fmt.Errorf("can't write to the folder %s: %w; name another folder", dir, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// checkFile tells, before long work starts, whether a file can be written.
func checkFile(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("can't write to %s: it is a folder", path)
	}
	return checkFolder(filepath.Dir(path))
}
