package hub

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/gomlx/go-huggingface/hub"

	"otherwise/weights/hubcache"
)

// repository is a model on the hub and its folder in the cache, whose layout package hubcache describes.
type repository struct {
	id, revision string
	offline      bool
	token        string
	endpoint     string // "" for the public hub
	cache        string
	client       *http.Client
	progress     func(name string, done, total int64)
}

var (
	modelID  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?$`)
	revision = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$`)
)

// repository completes options from the environment.
func (o Options) repository(id string) (*repository, error) {
	if !modelID.MatchString(id) || strings.Contains(id, "..") || strings.Contains(id, "--") {
		return nil, fmt.Errorf("there is no such folder, and a name on the hub has the form owner/name: %w", os.ErrNotExist)
	}
	r := &repository{
		id:       id,
		revision: cmp.Or(o.Revision, "main"),
		offline:  o.Offline || isTrue(os.Getenv("HF_HUB_OFFLINE")),
		token:    cmp.Or(o.Token, os.Getenv("HF_TOKEN")),
		endpoint: strings.TrimSuffix(cmp.Or(o.Endpoint, os.Getenv("HF_ENDPOINT")), "/"),
		cache:    cmp.Or(o.Cache, hubcache.Dir()),
		client:   cmp.Or(o.Client, http.DefaultClient),
		progress: o.Progress,
	}
	if !revision.MatchString(r.revision) || strings.Contains(r.revision, "..") {
		return nil, fmt.Errorf("revision %q is no commit, branch or tag", r.revision)
	}
	if r.progress == nil {
		r.progress = func(string, int64, int64) {}
	}
	return r, nil
}

// isTrue reads a variable of the environment as Hugging Face's tools do.
func isTrue(value string) bool {
	switch strings.ToUpper(value) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

func (r *repository) folder() string {
	return hubcache.Folder(r.cache, r.id)
}

func (r *repository) snapshot(commit string) string {
	return hubcache.SnapshotOf(r.cache, r.id, commit)
}

func (r *repository) ref() string {
	return hubcache.Ref(r.cache, r.id, r.revision)
}

// cached returns the folder of the revision's files, or "" if none was ever fetched.
func (r *repository) cached() string { return hubcache.Snapshot(r.cache, r.id, r.revision) }

// isHash reports whether text is a hash of so many bytes in lower-case hexadecimal digits.
func isHash(text string, bytes int) bool {
	digest, err := hex.DecodeString(text)
	return err == nil && len(digest) == bytes && strings.ToLower(text) == text
}

func (r *repository) offlineError(names []string) error {
	return fmt.Errorf("%w: revision %q of %s is not in %s; fetch it while online, or unset HF_HUB_OFFLINE", ErrOffline, r.revision, strings.Join(names, ", "), r.folder())
}

// listing is what the hub says of a revision.
type listing struct {
	commit string
	url    string // what a file's path is appended to
	files  map[string]remote
}

// remote is a file on the hub.
type remote struct {
	size int64
	// hash names the blob: the content's SHA-256 where the hub stores it as a large file, else git's SHA-1 of it.
	hash string
}

// in returns the names of the files that lie directly in a folder.
func (l *listing) in(folder string) []string {
	var names []string
	for name := range l.files {
		if dir, base := path.Split(name); strings.TrimSuffix(dir, "/") == folder {
			names = append(names, base)
		}
	}
	return names
}

// list asks the hub for the files of the revision.
func (r *repository) list(ctx context.Context) (*listing, error) {
	repo := hub.New(r.id).WithRevision(r.revision).WithAuth(r.token).WithCacheDir(r.cache)
	if r.endpoint != "" {
		repo = repo.WithEndpoint(r.endpoint)
	}
	type answer struct {
		url string
		err error
	}
	answers := make(chan answer, 1)
	go func() { // go-huggingface takes no context here
		url, err := repo.FileURL("")
		answers <- answer{url, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case a := <-answers:
		if a.err != nil {
			return nil, fmt.Errorf("asking the hub for revision %q: %w", r.revision, withKind(a.err))
		}
		return r.check(repo.Info(), a.url)
	}
}

// status is how go-huggingface tells the hub's status.
var status = regexp.MustCompile(`bad status code (\d+)`)

func withKind(err error) error {
	if match := status.FindStringSubmatch(err.Error()); match != nil {
		switch match[1] {
		case "401", "403":
			return fmt.Errorf("%w: set HF_TOKEN, accept the model's terms on its page, or check its name: %w", ErrUnauthorized, err)
		case "404":
			return fmt.Errorf("%w: %w", ErrNotFound, err)
		}
	}
	return err
}

// check takes only what is legal from the hub's answer: hashes and paths become names of files here.
func (r *repository) check(info *hub.RepoInfo, url string) (*listing, error) {
	if !hubcache.IsCommit(info.CommitHash) || hubcache.IsCommit(r.revision) && info.CommitHash != r.revision {
		return nil, fmt.Errorf("%w: revision %q is said to be commit %q", ErrCorrupt, r.revision, info.CommitHash)
	}
	l := &listing{commit: info.CommitHash, url: url, files: map[string]remote{}}
	for _, file := range info.Siblings {
		if file == nil || checkName(file.Name) != nil {
			continue // what cannot be asked for
		}
		known := remote{file.Size, file.BlobID}
		if file.LFS != nil {
			known = remote{file.LFS.Size, file.LFS.SHA256}
		}
		if known.size >= 0 && (isHash(known.hash, 20) || isHash(known.hash, 32)) {
			l.files[file.Name] = known
		}
	}
	return l, nil
}
