package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"otherwise/weights/hubcache"
)

// fetch brings files into the cache and returns the folder of their revision.
func (r *repository) fetch(ctx context.Context, list *listing, names []string) (string, error) {
	var unknown []string
	for _, name := range names {
		if _, known := list.files[name]; !known {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return "", fmt.Errorf("%w: revision %q has no file %s", ErrNotFound, r.revision, strings.Join(unknown, ", "))
	}
	for _, name := range names {
		if err := r.fetchFile(ctx, list, name); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	if r.revision == list.commit {
		return r.snapshot(list.commit), nil
	}
	if err := os.MkdirAll(filepath.Dir(r.ref()), 0o755); err != nil {
		return "", err
	}
	return r.snapshot(list.commit), renameio.WriteFile(r.ref(), []byte(list.commit), 0o644)
}

// fetchFile brings a file into the cache, unless it is there.
func (r *repository) fetchFile(ctx context.Context, list *listing, name string) error {
	file := list.files[name]
	blob := hubcache.Blob(r.cache, r.id, file.hash)
	unlock, err := r.lock(ctx, file.hash)
	if err != nil {
		return err
	}
	defer unlock()
	if info, err := os.Stat(blob); err != nil || info.Size() != file.size {
		address := list.url + (&url.URL{Path: name}).EscapedPath()
		if err := r.download(ctx, address, name, blob, file); err != nil {
			return err
		}
	}
	return link(filepath.Join(r.snapshot(list.commit), filepath.FromSlash(name)), blob)
}

// lock keeps two processes from fetching one blob, by the lock that Hugging Face's tools use as well.
func (r *repository) lock(ctx context.Context, hash string) (unlock func(), err error) {
	path := filepath.Join(r.cache, ".locks", filepath.Base(r.folder()), hash+".lock")
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(hubcache.Blob(r.cache, r.id, hash))} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	lock := flock.New(path)
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return nil, fmt.Errorf("waiting for another process that fetches the same file: %w", err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// link gives a blob its name in a snapshot.
func link(path, blob string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	target, err := filepath.Rel(filepath.Dir(path), blob)
	if err != nil {
		return err
	}
	if there, err := os.Readlink(path); err == nil && there == target {
		return nil
	}
	return renameio.Symlink(target, path)
}

// attempts is how often a transfer is taken up again that breaks off after some progress.
const attempts = 10

// download fetches a file into blob by way of blob.incomplete, which a later call continues.
func (r *repository) download(ctx context.Context, address, name, blob string, file remote) error {
	part, err := os.OpenFile(blob+".incomplete", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer part.Close()
	t := &transfer{repository: r, address: address, name: name, file: file, part: part}
	for attempt := 1; ; attempt++ {
		before := t.done
		err := t.run(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil || !errors.Is(err, errBroken) || attempt == attempts || attempt > 1 && t.done == before {
			return err
		}
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), blob)
}

// errBroken says that a transfer may be taken up again.
var errBroken = errors.New("the connection broke off")

// transfer is one file on its way.
type transfer struct {
	*repository
	address, name string
	file          remote
	part          *os.File
	digest        hash.Hash
	done          int64 // bytes that are in part and in digest
}

// run makes one request for what is missing, and checks the whole if it got it.
func (t *transfer) run(ctx context.Context) error {
	if err := t.resume(); err != nil {
		return err
	}
	if t.done < t.file.size || t.file.size == 0 {
		if err := t.request(ctx); err != nil {
			return err
		}
	}
	if found := hex.EncodeToString(t.digest.Sum(nil)); found != t.file.hash {
		return errors.Join(fmt.Errorf("%w: its hash is %s, the hub's list says %s", ErrCorrupt, found, t.file.hash), t.discard())
	}
	return nil
}

// resume takes account of what an earlier transfer left.
func (t *transfer) resume() error {
	info, err := t.part.Stat()
	if err != nil {
		return err
	}
	if info.Size() > t.file.size {
		return t.discard()
	}
	t.startDigest()
	if _, err := t.part.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t.done, err = io.Copy(t.digest, t.part)
	return err
}

func (t *transfer) startDigest() {
	if len(t.file.hash) == 2*sha256.Size {
		t.digest = sha256.New()
		return
	}
	t.digest = sha1.New()
	fmt.Fprintf(t.digest, "blob %d\x00", t.file.size) // git's hash of a file
}

// discard begins anew.
func (t *transfer) discard() error {
	t.done = 0
	t.startDigest()
	if err := t.part.Truncate(0); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	_, err := t.part.Seek(0, io.SeekStart)
	return err
}

func (t *transfer) request(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.address, nil)
	if err != nil {
		return err
	}
	if t.token != "" {
		request.Header.Set("Authorization", "Bearer "+t.token) // dropped by net/http where another host is referred to
	}
	request.Header.Set("Accept-Encoding", "identity")
	if t.done > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.done))
	}
	response, err := t.client.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusPartialContent:
		if want := fmt.Sprintf("bytes %d-", t.done); !strings.HasPrefix(response.Header.Get("Content-Range"), want) {
			return fmt.Errorf("%w: asked for %s..., got %q", ErrCorrupt, want, response.Header.Get("Content-Range"))
		}
	case http.StatusOK: // the server sends the whole
		if err := t.discard(); err != nil {
			return err
		}
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: set HF_TOKEN, and accept the model's terms on its page (%s)", ErrUnauthorized, response.Status)
	case http.StatusNotFound:
		return fmt.Errorf("%w (%s)", ErrNotFound, response.Status)
	case http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(fmt.Errorf("%w: the server has less than the %d bytes that are here", errBroken, t.done), t.discard())
	default:
		return fmt.Errorf("the server answers %s", response.Status)
	}
	return t.receive(response.Body)
}

// receive appends to the file on the disk. More than the hub's list says is not written.
func (t *transfer) receive(body io.Reader) error {
	buffer := make([]byte, 256<<10)
	for {
		n, err := body.Read(buffer)
		if t.done+int64(n) > t.file.size {
			return errors.Join(fmt.Errorf("%w: the server sends more than the %d bytes of the hub's list", ErrCorrupt, t.file.size), t.discard())
		}
		if n > 0 {
			t.digest.Write(buffer[:n])
			if _, err := t.part.Write(buffer[:n]); err != nil {
				return err
			}
			t.done += int64(n)
			t.progress(t.name, t.done, t.file.size)
		}
		if err == nil {
			continue
		}
		if t.done == t.file.size && errors.Is(err, io.EOF) {
			return nil
		}
		return fmt.Errorf("%w after %d of %d bytes: %w", errBroken, t.done, t.file.size, err)
	}
}
