package fashion

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// sums are the SHA-256 of the files' contents before gzip: Debian packs the authors' files anew, so the .gz differ.
var sums = map[string]string{
	"train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
	"train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
	"t10k-images-idx3-ubyte.gz":  "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
	"t10k-labels-idx1-ubyte.gz":  "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

// FetchOptions are the options of [Fetch].
type FetchOptions struct {
	// Log is told what is being done, in lines of text. Nil is silent.
	Log io.Writer

	sums map[string]string // instead of the published data set's, for the tests
}

// Fetch puts the four files into cacheDir/fashion-mnist and gives that folder. It needs no root: apt-get downloads
// Debian's package dataset-fashion-mnist, from which the files are taken. Files that are there and hold the published
// data set are left alone; files that don't are replaced. Each file appears under its name only when it was verified and
// is whole on the disk, and of two Fetches at once the second waits.
//
// Without apt the error says what to download and where to put it. Cancelling ctx ends the work, at once or after apt-get
// has ended, and leaves nothing behind.
func Fetch(ctx context.Context, cacheDir string, opts FetchOptions) (dir string, err error) {
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	if opts.sums == nil {
		opts.sums = sums
	}
	if cacheDir, err = filepath.Abs(cacheDir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return "", fmt.Errorf("making the cache folder: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(cacheDir, cacheName+".lock"), opts.Log)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	dir = filepath.Join(cacheDir, cacheName)
	if missing := missingFiles(dir); len(missing) == 0 {
		damaged := verify(ctx, dir, opts.sums)
		if damaged == nil || ctx.Err() != nil {
			return dir, ctx.Err()
		}
		fmt.Fprintf(opts.Log, "%v; fetching the files anew\n", damaged)
	}
	if err := fetch(ctx, cacheDir, dir, opts); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("fetching Fashion-MNIST: %w", ctx.Err())
		}
		return "", fmt.Errorf("fetching Fashion-MNIST: %w\nTo go on without it, %s", err, byHand(cacheDir))
	}
	return dir, nil
}

// fetch downloads and unpacks within a temporary folder beside dir, then renames the files into dir.
func fetch(ctx context.Context, cacheDir, dir string, opts FetchOptions) (err error) {
	// Under the lock a temporary folder is one that a killed Fetch has left.
	const prefix = "." + cacheName + "-"
	stale, err := filepath.Glob(filepath.Join(cacheDir, prefix+"*"))
	if err != nil {
		return err
	}
	for _, folder := range stale {
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	temp, err := os.MkdirTemp(cacheDir, prefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()

	deb, err := aptDownload(ctx, temp, opts.Log)
	if err != nil {
		return err
	}
	fmt.Fprintln(opts.Log, "unpacking and verifying")
	unpacked := filepath.Join(temp, "unpacked")
	if err := os.Mkdir(unpacked, 0o755); err != nil {
		return err
	}
	if err := unpackDeb(ctx, deb, unpacked); err != nil {
		return err
	}
	if err := verify(ctx, unpacked, opts.sums); err != nil {
		return err
	}
	for _, split := range []Split{Train, Test} {
		if _, err := Load(unpacked, split); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range fileNames() {
		if err := os.Rename(filepath.Join(unpacked, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	fmt.Fprintf(opts.Log, "Fashion-MNIST is in %s\n", dir)
	return nil
}

// verify compares what the four files in dir hold with the sums.
func verify(ctx context.Context, dir string, sums map[string]string) error {
	for _, name := range fileNames() {
		sum, err := contentSum(ctx, filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("verifying %s: %w", filepath.Join(dir, name), err)
		}
		if sum != sums[name] {
			return fmt.Errorf("%s holds other data than the published Fashion-MNIST: SHA-256 of its contents %s, not %s",
				filepath.Join(dir, name), sum, sums[name])
		}
	}
	return nil
}

// contentSum is the SHA-256 of a gzipped file's contents. A file with more than any of the data set's has none.
func contentSum(ctx context.Context, name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	gz, err := gzip.NewReader(&contextReader{ctx, f})
	if err != nil {
		return "", noEOF(err)
	}
	const most = maxCount*pixels + 16
	hash := sha256.New()
	n, err := io.Copy(hash, io.LimitReader(gz, most+1))
	if err != nil {
		return "", err
	}
	if n > most {
		return "", fmt.Errorf("more than %d bytes", most)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// lock waits for the file lock, which dies with its process.
func lock(ctx context.Context, name string, log io.Writer) (unlock func() error, err error) {
	l := flock.New(name)
	locked, err := l.TryLock()
	if err == nil && !locked {
		fmt.Fprintf(log, "waiting for another fetch to end (it holds %s)\n", name)
		_, err = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", name, err), l.Close())
	}
	return l.Close, nil
}
