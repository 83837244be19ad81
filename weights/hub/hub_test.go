package hub

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gohub "github.com/gomlx/go-huggingface/hub"
)

const large = "unet/diffusion_pytorch_model.safetensors"

// same fails the test unless the folder's file has the hub's content.
func (h *fakeHub) same(t *testing.T, dir, name string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != h.files[name] {
		t.Errorf("%s has %d bytes that differ from the hub's %d", name, len(got), len(h.files[name]))
	}
}

func TestFilesAreFetchedOnce(t *testing.T) {
	h := newHub(t)
	o := h.options(t)
	var progress int64
	o.Progress = func(name string, done, total int64) {
		if name == large && total == int64(len(h.files[large])) {
			progress = done
		}
	}
	names := []string{"config.json", large, "empty.safetensors"}
	dir, err := Files(t.Context(), model, names, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		h.same(t, dir, name)
	}
	if want := filepath.Join(o.Cache, "models--owner--model", "snapshots", commit); dir != want {
		t.Errorf("files are in %s, want %s", dir, want)
	}
	if progress != int64(len(h.files[large])) {
		t.Errorf("progress ended at %d", progress)
	}
	requests := h.count("")
	again, err := Files(t.Context(), model, names, o)
	if err != nil || again != dir {
		t.Errorf("found %s (%v), want %s", again, err, dir)
	}
	if h.count("") != requests {
		t.Error("the hub was asked for what is in the cache")
	}
}

// Other tools that share the cache find what was fetched.
func TestCacheIsThatOfOtherTools(t *testing.T) {
	h := newHub(t)
	o := h.options(t)
	dir, err := Files(t.Context(), model, []string{large, "config.json"}, o)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := os.ReadFile(filepath.Join(o.Cache, "models--owner--model", "refs", "main"))
	if err != nil || string(ref) != commit {
		t.Errorf("refs/main holds %q (%v)", ref, err)
	}
	target, err := os.Readlink(filepath.Join(dir, filepath.FromSlash(large)))
	if err != nil || !strings.HasPrefix(target, "../../../blobs/") {
		t.Errorf("the snapshot links to %q (%v)", target, err)
	}
	transfers := h.count("/resolve/")
	repo := gohub.New(model).WithEndpoint(h.URL).WithCacheDir(o.Cache)
	repo.Verbosity = 0
	path, err := repo.DownloadFile(large)
	if err != nil || path != filepath.Join(dir, filepath.FromSlash(large)) {
		t.Errorf("go-huggingface finds %s (%v)", path, err)
	}
	if h.count("/resolve/") != transfers {
		t.Error("go-huggingface fetched the file again")
	}
}

func TestWeights(t *testing.T) {
	h := newHub(t)
	o := h.options(t)
	for range 2 { // from the hub, then from the cache
		path, err := Weights(t.Context(), model, "unet", o)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(filepath.ToSlash(path), large) {
			t.Errorf("weights are in %s", path)
		}
		path, err = Weights(t.Context(), model, "text", o)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors"} {
			h.same(t, filepath.Dir(filepath.Dir(path)), "text/"+name)
		}
		o.Offline = true
	}
	if _, err := Weights(t.Context(), model, "vae", h.options(t)); err == nil || !strings.Contains(err.Error(), `folder "vae" has no weights`) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestLocalFoldersComeFirst(t *testing.T) {
	h := newHub(t)
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("owner/model/unet", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("owner/model/unet/model.safetensors", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := h.options(t)
	if dir, err := Files(t.Context(), model, []string{"unet/model.safetensors"}, o); err != nil || dir != model {
		t.Errorf("found %s (%v)", dir, err)
	}
	if path, err := Weights(t.Context(), model, "unet", o); err != nil || path != filepath.FromSlash("owner/model/unet/model.safetensors") {
		t.Errorf("found %s (%v)", path, err)
	}
	if path, err := Weights(t.Context(), "owner/model/unet/model.safetensors", "", o); err != nil || path != "owner/model/unet/model.safetensors" {
		t.Errorf("found %s (%v)", path, err)
	}
	_, err := Files(t.Context(), model, []string{"a.json", "unet/model.safetensors", "b.json"}, o)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "lacks a.json, b.json") {
		t.Errorf("missing files: %v", err)
	}
	if h.count("") > 0 {
		t.Error("the hub was asked")
	}
}

func TestRevisions(t *testing.T) {
	h := newHub(t)
	o := h.options(t)
	o.Revision = commit
	if _, err := Files(t.Context(), model, []string{"config.json"}, o); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(o.Cache, "models--owner--model", "refs")); !os.IsNotExist(err) {
		t.Errorf("a pinned commit made a ref: %v", err)
	}
	o.Offline = true
	if _, err := Files(t.Context(), model, []string{"config.json"}, o); err != nil {
		t.Errorf("a pinned commit in the cache: %v", err)
	}
	o.Revision = "main"
	if _, err := Files(t.Context(), model, []string{"config.json"}, o); !errors.Is(err, ErrOffline) {
		t.Errorf("a branch that was never looked up: %v", err)
	}
	o.Offline, o.Revision = false, otherCommit
	if _, err := Files(t.Context(), model, []string{"config.json"}, o); !errors.Is(err, ErrNotFound) {
		t.Errorf("a commit that is not there: %v", err)
	}
	for _, bad := range []string{"../main", "a//b", "a b", "-x", "a/../b"} {
		o.Revision = bad
		if _, err := Files(t.Context(), model, nil, o); err == nil || !strings.Contains(err.Error(), "no commit, branch or tag") {
			t.Errorf("revision %q: %v", bad, err)
		}
	}
}

func TestOffline(t *testing.T) {
	h := newHub(t)
	o := h.options(t)
	t.Setenv("HF_HUB_OFFLINE", "1")
	_, filesErr := Files(t.Context(), model, []string{"config.json"}, o)
	_, weightsErr := Weights(t.Context(), model, "unet", o)
	for _, err := range []error{filesErr, weightsErr} {
		if !errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), "model owner/model: ") {
			t.Errorf("error is %v", err)
		}
	}
	if h.count("") > 0 {
		t.Error("the hub was asked")
	}
}

func TestToken(t *testing.T) {
	h := newHub(t)
	h.token = "secret"
	o := h.options(t)
	if _, err := Files(t.Context(), model, []string{large}, o); !errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), "HF_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
	t.Setenv("HF_TOKEN", "secret")
	dir, err := Files(t.Context(), model, []string{large}, o)
	if err != nil {
		t.Fatal(err)
	}
	h.same(t, dir, large)
	if h.leaked {
		t.Error("the token was sent to the storage")
	}
}

func TestEnvironment(t *testing.T) {
	h := newHub(t)
	home := t.TempDir()
	t.Setenv("HF_ENDPOINT", h.URL+"/")
	t.Setenv("HF_HOME", home)
	dir, err := Files(t.Context(), model, []string{"config.json"}, Options{})
	if err != nil || !strings.HasPrefix(dir, filepath.Join(home, "hub")) {
		t.Errorf("found %s (%v)", dir, err)
	}
	cache := t.TempDir()
	t.Setenv("HF_HUB_CACHE", cache)
	dir, err = Files(t.Context(), model, []string{"config.json"}, Options{})
	if err != nil || !strings.HasPrefix(dir, cache) {
		t.Errorf("found %s (%v)", dir, err)
	}
}

func TestNotFound(t *testing.T) {
	h := newHub(t)
	o := h.options(t)
	if _, err := Files(t.Context(), "owner/other", []string{"config.json"}, o); !errors.Is(err, ErrNotFound) {
		t.Errorf("another model: %v", err)
	}
	_, err := Files(t.Context(), model, []string{"config.json", "a.bin", "b.bin"}, o)
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "has no file a.bin, b.bin") {
		t.Errorf("files that are not there: %v", err)
	}
	for _, bad := range []string{"", "owner/model/more", "../model", "own--er/model", "owner/..", "a b"} {
		if _, err := Files(t.Context(), bad, nil, o); err == nil {
			t.Errorf("the name %q was accepted", bad)
		}
	}
	for _, bad := range []string{"../x", "/etc/passwd", "a/../../x", "", ".", "a//b", `a\b`} {
		if _, err := Files(t.Context(), model, []string{bad}, o); err == nil || !strings.Contains(err.Error(), "is not the path of a file") {
			t.Errorf("the file %q: %v", bad, err)
		}
	}
}

// A hub whose answers would lead out of the cache.
func TestHostileListing(t *testing.T) {
	r := &repository{id: model, revision: "main"}
	list := func(sha string, files ...*gohub.FileInfo) (*listing, error) {
		return r.check(&gohub.RepoInfo{CommitHash: sha, Siblings: files}, "u")
	}
	hash := strings.Repeat("a", 40)
	l, err := list(commit, nil, &gohub.FileInfo{Name: "../../x", BlobID: hash}, &gohub.FileInfo{Name: "a", BlobID: "../../x"},
		&gohub.FileInfo{Name: "b", BlobID: hash, Size: -1}, &gohub.FileInfo{Name: "c", LFS: &gohub.LFSInfo{SHA256: "/etc/x"}}, &gohub.FileInfo{Name: "ok", BlobID: hash})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.files) != 1 || l.files["ok"].hash != hash {
		t.Errorf("taken were %v", l.files)
	}
	for _, bad := range []string{"", "main", "../../../../etc", strings.ToUpper(commit)} {
		if _, err := list(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("commit %q: %v", bad, err)
		}
	}
	r.revision = otherCommit
	if _, err := list(commit); !errors.Is(err, ErrCorrupt) {
		t.Errorf("another commit than asked for: %v", err)
	}
}

func TestCancel(t *testing.T) {
	h := newHub(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Files(ctx, model, []string{large}, h.options(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	o := h.options(t)
	o.Progress = func(_ string, done, _ int64) {
		if done > 0 {
			cancel()
		}
	}
	if _, err := Files(ctx, model, []string{large}, o); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	o.Progress = nil
	dir, err := Files(t.Context(), model, []string{large}, o)
	if err != nil {
		t.Fatal(err)
	}
	h.same(t, dir, large)
}

func TestInterruptedTransfersContinue(t *testing.T) {
	h := newHub(t)
	h.breakAt, h.breaks = 300_000, 2
	dir, err := Files(t.Context(), model, []string{large}, h.options(t))
	if err != nil {
		t.Fatal(err)
	}
	h.same(t, dir, large)
	ranges := slices.DeleteFunc(slices.Clone(h.requests), func(r string) bool { return !strings.Contains(r, "bytes=") || strings.Contains(r, "resolve") })
	if len(ranges) != 2 {
		t.Errorf("the storage was asked for %v", ranges)
	}
}

// A process that was killed leaves a part, which the next one continues.
func TestPartOfAnEarlierProcess(t *testing.T) {
	for name, part := range map[string]func(content string) string{
		"right part":      func(content string) string { return content[:123_456] },
		"all of it":       func(content string) string { return content },
		"wrong part":      func(content string) string { return strings.Repeat("x", 1000) },
		"more than it is": func(content string) string { return content + "x" },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			o := h.options(t)
			list, err := mustRepository(t, o).list(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			blob := filepath.Join(o.Cache, "models--owner--model", "blobs", list.files[large].hash)
			if err := os.MkdirAll(filepath.Dir(blob), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(blob+".incomplete", []byte(part(h.files[large])), 0o600); err != nil {
				t.Fatal(err)
			}
			dir, err := Files(t.Context(), model, []string{large}, o)
			if name == "wrong part" {
				if !errors.Is(err, ErrCorrupt) {
					t.Errorf("error is %v", err)
				}
				dir, err = Files(t.Context(), model, []string{large}, o) // begins anew
			}
			if err != nil {
				t.Fatal(err)
			}
			h.same(t, dir, large)
			if got := h.count("bytes=123456-"); name == "right part" && got != 2 { // the hub, then the storage
				t.Errorf("%d requests for the rest: %v", got, h.requests)
			}
			if name == "all of it" && h.count("/resolve/") > 0 {
				t.Errorf("what was there was asked for: %v", h.requests)
			}
		})
	}
}

func mustRepository(t *testing.T, o Options) *repository {
	t.Helper()
	r, err := o.repository(model)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestServerWithoutRanges(t *testing.T) {
	h := newHub(t)
	h.noRanges, h.breakAt, h.breaks = true, 600_000, 1
	dir, err := Files(t.Context(), model, []string{large}, h.options(t))
	if err != nil {
		t.Fatal(err)
	}
	h.same(t, dir, large)
}

func TestCorruptDownloads(t *testing.T) {
	for name, corrupt := range map[string]func(string) string{
		"changed":   func(content string) string { return strings.Replace(content, "0", "1", 1) },
		"too long":  func(content string) string { return content + "x" },
		"too short": func(content string) string { return content[:len(content)-1] },
	} {
		for _, file := range []string{large, "config.json"} {
			t.Run(name+" "+filepath.Base(file), func(t *testing.T) {
				h := newHub(t)
				h.corrupt = corrupt
				if file == "config.json" {
					h.files[file] = `{"n": 0}`
				}
				o := h.options(t)
				_, err := Files(t.Context(), model, []string{file}, o)
				if want := map[string]error{"changed": ErrCorrupt, "too long": ErrCorrupt, "too short": errBroken}[name]; !errors.Is(err, want) {
					t.Errorf("error is %v, want %v", err, want)
				}
				if _, err := os.Stat(filepath.Join(o.Cache, "models--owner--model", "snapshots", commit, filepath.FromSlash(file))); !os.IsNotExist(err) {
					t.Errorf("the file is in the snapshot: %v", err)
				}
				h.corrupt = func(content string) string { return content }
				dir, err := Files(t.Context(), model, []string{file}, o)
				if err != nil {
					t.Fatal(err)
				}
				h.same(t, dir, file)
			})
		}
	}
}
