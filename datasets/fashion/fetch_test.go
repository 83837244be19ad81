package fashion

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// fakeApt puts a script named apt-get, and nothing else of the kind, on the PATH. It logs its arguments, one call a line,
// to the returned file; $deb is the package.
func fakeApt(t *testing.T, deb []byte, script string) (calls string) {
	t.Helper()
	bin := t.TempDir()
	calls = filepath.Join(bin, "calls")
	writeTestFile(t, calls, nil)
	writeTestFile(t, filepath.Join(bin, "set.deb"), deb)
	head := "#!/bin/sh\necho \"$*\" >>" + calls + "\ndeb=" + filepath.Join(bin, "set.deb") + "\n"
	if err := os.WriteFile(filepath.Join(bin, "apt-get"), []byte(head+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return calls
}

// downloads is the script of an apt-get that works.
const downloads = `cp "$deb" dataset-fashion-mnist_1_all.deb`

func countCalls(t *testing.T, calls string) int {
	t.Helper()
	data, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte("\n"))
}

// onlyIn checks that dir holds these names and nothing else.
func onlyIn(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

func TestFetch(t *testing.T) {
	calls := fakeApt(t, deb(t, smallSet()), downloads)
	cache := filepath.Join(t.TempDir(), "new", "cache")
	var log strings.Builder
	opts := FetchOptions{Log: &log, sums: sumsOf(smallSet())}
	for range 2 {
		dir, err := Fetch(t.Context(), cache, opts)
		if err != nil {
			t.Fatal(err)
		}
		if dir != filepath.Join(cache, "fashion-mnist") {
			t.Errorf("fetched to %s", dir)
		}
		if set, err := Load(dir, Test); err != nil || set.Len() != 12 {
			t.Errorf("loading what was fetched: %v", err)
		}
	}
	if n := countCalls(t, calls); n != 1 {
		t.Errorf("apt-get was called %d times; the second Fetch had nothing to do", n)
	}
	if !strings.Contains(log.String(), "apt-get download") || !strings.Contains(log.String(), cache) {
		t.Errorf("log: %q", log.String())
	}
	onlyIn(t, cache, "fashion-mnist", "fashion-mnist.lock")
}

func TestFetchReplacesDamagedFiles(t *testing.T) {
	fakeApt(t, deb(t, smallSet()), downloads)
	cache := t.TempDir()
	dir := filepath.Join(cache, "fashion-mnist")
	writeSet(t, dir, smallSet())
	writeTestFile(t, filepath.Join(dir, "train-labels-idx1-ubyte.gz"), gzipped(t, idxLabels(3))[:12])
	writeTestFile(t, filepath.Join(dir, "notes.txt"), []byte("the user's own"))
	// What a killed Fetch leaves.
	if err := os.MkdirAll(filepath.Join(cache, ".fashion-mnist-123", "unpacked"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), cache, FetchOptions{sums: sumsOf(smallSet())}); err != nil {
		t.Fatal(err)
	}
	if err := verify(t.Context(), dir, sumsOf(smallSet())); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "notes.txt")); err != nil {
		t.Error(err)
	}
	onlyIn(t, cache, "fashion-mnist", "fashion-mnist.lock")
}

func TestFetchWithPrivateLists(t *testing.T) {
	// An apt without package lists, until it is given a state folder of its own and has updated it.
	calls := fakeApt(t, deb(t, smallSet()), `
		case "$*" in
		*Dir::State=*update) touch lists; exit 1;; # as where a hook fails without root
		*Dir::State=*download*) test -e lists && `+downloads+`;;
		*) echo "E: Unable to locate package" >&2; exit 100;;
		esac`)
	if _, err := Fetch(t.Context(), t.TempDir(), FetchOptions{sums: sumsOf(smallSet())}); err != nil {
		t.Fatal(err)
	}
	if n := countCalls(t, calls); n != 3 {
		t.Errorf("apt-get was called %d times, want download, update, download", n)
	}
}

func TestFetchErrors(t *testing.T) {
	other := smallSet()
	other["t10k-labels-idx1-ubyte.gz"] = idxLabels(11)
	tests := []struct {
		name   string
		deb    []byte
		script string
		want   string
	}{
		{"unknown to apt", nil, "echo 'E: Unable to locate package dataset-fashion-mnist' >&2; exit 100", "Unable to locate package"},
		{"no package came", nil, "exit 0", "left 0 packages"},
		{"two packages came", nil, "touch a.deb b.deb", "left 2 packages"},
		{"damaged package", deb(t, smallSet())[:600], downloads, "unpacking dataset-fashion-mnist_1_all.deb"},
		{"other data", deb(t, other), downloads, "other data than the published"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fakeApt(t, test.deb, test.script)
			cache := t.TempDir()
			dir, err := Fetch(t.Context(), cache, FetchOptions{sums: sumsOf(smallSet())})
			if err == nil {
				t.Fatalf("no error; fetched to %s", dir)
			}
			for _, part := range []string{test.want, "download\n  train-images-idx3-ubyte.gz", filepath.Join(cache, "fashion-mnist")} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q doesn't say %q", err, part)
				}
			}
			onlyIn(t, cache, "fashion-mnist.lock")
		})
	}
}

func TestFetchRefusesLoadableButForeignSet(t *testing.T) {
	fakeApt(t, deb(t, smallSet()), downloads)
	if _, err := Fetch(t.Context(), t.TempDir(), FetchOptions{}); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a package of 15 pictures passed for the published data set: %v", err)
	}
}

func TestFetchWithoutApt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	cache := t.TempDir()
	_, err := Fetch(t.Context(), cache, FetchOptions{})
	if !errors.Is(err, errNoApt) || !strings.Contains(err.Error(), "put the four files into\n  "+filepath.Join(cache, "fashion-mnist")) {
		t.Errorf("without apt: %v", err)
	}
}

func TestFetchIntoUnwritableCache(t *testing.T) {
	name := filepath.Join(t.TempDir(), "regular-file")
	writeTestFile(t, name, nil)
	if _, err := Fetch(t.Context(), name, FetchOptions{}); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a cache folder that is a file: %v", err)
	}
}

func TestFetchCancelled(t *testing.T) {
	// The script tells through a file that it runs, and would run for long.
	calls := fakeApt(t, nil, "exec sleep 600")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for {
			if info, err := os.Stat(calls); err != nil || info.Size() > 0 {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	cache := t.TempDir()
	if _, err := Fetch(ctx, cache, FetchOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	onlyIn(t, cache, "fashion-mnist.lock")
}

func TestFetchWaitsForLock(t *testing.T) {
	cache := t.TempDir()
	held := flock.New(filepath.Join(cache, "fashion-mnist.lock"))
	if err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	calls := fakeApt(t, deb(t, smallSet()), downloads)
	ctx, cancel := context.WithCancel(t.Context())
	// Fetch cancels its own wait by saying that it waits.
	_, err := Fetch(ctx, cache, FetchOptions{Log: cancelOn{"waiting", cancel}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("while another holds the lock: %v", err)
	}
	if n := countCalls(t, calls); n != 0 {
		t.Errorf("apt-get was called %d times without the lock", n)
	}
}

// cancelOn is a log that cancels when a text is written to it.
type cancelOn struct {
	text   string
	cancel func()
}

func (c cancelOn) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.text) {
		c.cancel()
	}
	return len(p), nil
}
