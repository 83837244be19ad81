package fashion

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ulikunitz/xz"
)

// Bounds on what is unpacked. The largest file, the training pictures, has 26 MB, and the whole package 31 MB.
const (
	maxUnpackedFile    = 64 << 20
	maxUnpackedArchive = 256 << 20
)

// debFolder is the folder of the four files within the package.
const debFolder = "usr/share/datasets/fashion-mnist"

// unpackDeb copies the four files of the data set out of a Debian package (deb(5): an ar archive whose member data.tar.xz
// is the file tree) into the folder to, and nothing else.
func unpackDeb(ctx context.Context, deb, to string) error {
	f, err := os.Open(deb)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unpackAr(ctx, f, to); err != nil {
		return fmt.Errorf("unpacking %s: %w", filepath.Base(deb), err)
	}
	return nil
}

// unpackAr walks the members of the ar archive up to the file tree.
func unpackAr(ctx context.Context, r io.Reader, to string) error {
	const magic = "!<arch>\n"
	br := bufio.NewReader(r)
	start := make([]byte, len(magic))
	if _, err := io.ReadFull(br, start); err != nil || string(start) != magic {
		return errors.New("not a Debian package: no ar archive")
	}
	for {
		name, size, err := readArHeader(br)
		if errors.Is(err, io.EOF) {
			return errors.New("a Debian package without a data.tar.xz")
		}
		if err != nil {
			return err
		}
		member := io.LimitReader(br, size)
		if name == "data.tar.xz" {
			return unpackTarXZ(ctx, member, to)
		}
		if strings.HasPrefix(name, "data.tar") {
			return fmt.Errorf("the package's files are in %s, but only data.tar.xz is known here", name)
		}
		// Members start at even offsets.
		if n, err := io.CopyN(io.Discard, br, size+size%2); err != nil {
			return fmt.Errorf("truncated in member %s: %d of %d bytes", name, n, size)
		}
	}
}

// readArHeader reads the 60 bytes before a member: name in 0-15, size as decimal text in 48-57, "`\n" at the end.
func readArHeader(r io.Reader) (name string, size int64, err error) {
	header := make([]byte, 60)
	switch _, err := io.ReadFull(r, header); {
	case errors.Is(err, io.EOF):
		return "", 0, io.EOF
	case err != nil:
		return "", 0, fmt.Errorf("truncated in an ar header: %w", err)
	}
	size, err = strconv.ParseInt(strings.TrimSpace(string(header[48:58])), 10, 64)
	if err != nil || size < 0 || string(header[58:]) != "`\n" {
		return "", 0, fmt.Errorf("damaged ar header %q", header)
	}
	return strings.TrimRight(strings.TrimSpace(string(header[:16])), "/"), size, nil
}

// unpackTarXZ writes the four files, each of which must be there exactly once.
func unpackTarXZ(ctx context.Context, r io.Reader, to string) error {
	unpacked, err := xz.NewReader(r)
	if err != nil {
		return fmt.Errorf("data.tar.xz: %w", err)
	}
	entries := tar.NewReader(&contextReader{ctx, io.LimitReader(unpacked, maxUnpackedArchive)})
	wanted := fileNames()
	for len(wanted) > 0 {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("data.tar.xz is without %s in %s", strings.Join(wanted, ", "), debFolder)
		}
		if err != nil {
			return fmt.Errorf("data.tar.xz: %w", err)
		}
		// Only an exact match is written, under a name that is ours: no entry can lead out of the folder.
		folder, name := path.Split(strings.TrimPrefix(entry.Name, "./"))
		i := slices.Index(wanted, name)
		if folder != debFolder+"/" || i < 0 {
			continue
		}
		if entry.Typeflag != tar.TypeReg || entry.Size > maxUnpackedFile {
			return fmt.Errorf("data.tar.xz: %s is no regular file of at most %d bytes", entry.Name, maxUnpackedFile)
		}
		if err := writeFile(filepath.Join(to, wanted[i]), entries); err != nil {
			return fmt.Errorf("data.tar.xz: %s: %w", entry.Name, err)
		}
		wanted = slices.Delete(wanted, i, i+1)
	}
	return nil
}

// writeFile writes a new file through to the disk, so that it can be renamed into place.
func writeFile(name string, r io.Reader) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

// contextReader makes a long read end when the context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
