package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const (
	commit      = "0123456789abcdef0123456789abcdef01234567"
	otherCommit = "89abcdef0123456789abcdef0123456789abcdef"
	model       = "owner/model"
)

// fakeHub speaks the part of the hub's API that is used here. Large files, those that end in .safetensors, are referred to
// a second server, as the hub does.
type fakeHub struct {
	*httptest.Server
	storage *httptest.Server
	files   map[string]string
	token   string // wanted, unless empty

	mu       sync.Mutex
	breakAt  int  // storage closes the connection after so many bytes of a response; 0 never
	breaks   int  // how often it still does so
	noRanges bool // storage always sends the whole
	corrupt  func(content string) string
	requests []string // method, path and range
	leaked   bool     // storage was sent a token
}

func newHub(t *testing.T) *fakeHub {
	t.Helper()
	for _, name := range []string{"HF_TOKEN", "HF_HUB_OFFLINE", "HF_ENDPOINT", "HF_HUB_CACHE", "HF_HOME"} {
		t.Setenv(name, "")
	}
	h := &fakeHub{
		files: map[string]string{
			"config.json":      `{"sample_size": 64}`,
			"unet/config.json": `{"in_channels": 4}`,
			"unet/diffusion_pytorch_model.safetensors":      strings.Repeat("0123456789", 100_000),
			"unet/diffusion_pytorch_model.fp16.safetensors": "half",
			"text/model.safetensors.index.json":             `{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}`,
			"text/model-1.safetensors":                      "one",
			"text/model-2.safetensors":                      "two",
			"empty.safetensors":                             "",
		},
		corrupt: func(content string) string { return content },
	}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serveHub))
	t.Cleanup(h.Server.Close)
	h.storage = httptest.NewServer(http.HandlerFunc(h.serveStorage))
	t.Cleanup(h.storage.Close)
	return h
}

func (h *fakeHub) options(t *testing.T) Options {
	return Options{Endpoint: h.URL, Cache: t.TempDir()}
}

func isLarge(name string) bool { return strings.HasSuffix(name, ".safetensors") }

func (h *fakeHub) record(r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Range")))
}

// count returns how many requests contain text.
func (h *fakeHub) count(text string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, request := range h.requests {
		if strings.Contains(request, text) {
			n++
		}
	}
	return n
}

func (h *fakeHub) serveHub(w http.ResponseWriter, r *http.Request) {
	h.record(r)
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		http.Error(w, `{"error": "Access to model owner/model is restricted"}`, http.StatusUnauthorized)
		return
	}
	if path, ok := strings.CutPrefix(r.URL.Path, "/api/models/"+model+"/revision/"); ok && (path == "main" || path == commit) {
		h.serveList(w)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/"+model+"/resolve/"+commit+"/")
	content, known := h.files[name]
	switch {
	case !ok || !known:
		http.Error(w, `{"error": "Repository or entry not found"}`, http.StatusNotFound)
	case isLarge(name):
		http.Redirect(w, r, strings.Replace(h.storage.URL, "127.0.0.1", "localhost", 1)+"/"+name, http.StatusFound)
	default:
		fmt.Fprint(w, h.corrupt(content))
	}
}

func (h *fakeHub) serveList(w http.ResponseWriter) {
	var siblings []map[string]any
	for name, content := range h.files {
		blob := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content))
		file := map[string]any{"rfilename": name, "size": len(content), "blobId": hex.EncodeToString(blob[:])}
		if isLarge(name) {
			digest := sha256.Sum256([]byte(content))
			file["lfs"] = map[string]any{"sha256": hex.EncodeToString(digest[:]), "size": len(content), "pointerSize": 130}
			file["blobId"] = strings.Repeat("0", 40) // that of the pointer
		}
		siblings = append(siblings, file)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"id": model, "sha": commit, "siblings": siblings})
}

func (h *fakeHub) serveStorage(w http.ResponseWriter, r *http.Request) {
	h.record(r)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaked = h.leaked || r.Header.Get("Authorization") != ""
	content := h.corrupt(h.files[strings.TrimPrefix(r.URL.Path, "/")])
	begin := 0
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &begin); err == nil && !h.noRanges {
		if begin >= len(content) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", begin, len(content)-1, len(content)))
		w.Header().Set("Content-Length", fmt.Sprint(len(content)-begin))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		begin = 0
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	}
	rest := content[begin:]
	if h.breakAt > 0 && h.breaks > 0 && len(rest) > h.breakAt {
		h.breaks--
		fmt.Fprint(w, rest[:h.breakAt])
		panic(http.ErrAbortHandler)
	}
	fmt.Fprint(w, rest)
}
