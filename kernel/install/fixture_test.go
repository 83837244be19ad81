package install

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"

	"otherwise/setup"
)

// fakeGo stands in for the Go command. It answers $FAKE_VERSION, and "builds" packages by making files that say what they were built
// from; for a build, $FAKE_FAILURE makes it fail with that line; without -o, $FAKE_WARMTH does. It writes down each call.
const fakeGo = `#!/bin/sh
echo "$@" >> "$FAKE_CALLS"
case "$1" in
env) echo "$FAKE_VERSION" ;;
list) echo otherwise/datasets otherwise/eced ;;
build)
	if [ -n "$FAKE_FAILURE" ]; then echo "$FAKE_FAILURE" >&2; exit 1; fi
	while [ $# -gt 0 ] && [ "$1" != -o ]; do shift; done
	if [ $# = 0 ]; then echo "$FAKE_WARMTH"; [ -z "$FAKE_WARMTH" ]; exit; fi
	out=$2; shift 2
	mkdir -p "$out"
	for package; do
		case "$package" in *.go) [ -s "$package" ] || exit 1 ;; esac
		name=${package##*/}
		grep -q "^module" go.mod && cp go.sum "$out/${name%.go}"
	done ;;
esac
`

// desk is a user's account with spaces in its paths, a checkout, a program and a Go command.
type desk struct {
	home, checkout, program, calls string
	log                            bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	root := filepath.Join(t.TempDir(), "a home with spaces")
	d := &desk{
		home: filepath.Join(root, "home"), checkout: filepath.Join(root, "checkout"),
		program: filepath.Join(root, "bin", "otherwise"), calls: filepath.Join(root, "calls"),
	}
	d.write(t, filepath.Join(d.checkout, "go.mod"), "module otherwise\n\ngo 1.26.5\n")
	d.write(t, d.program, "the program")
	d.write(t, filepath.Join(root, "go", "go"), fakeGo)
	d.write(t, d.calls, "")
	t.Setenv("HOME", d.home)
	t.Setenv("PATH", filepath.Join(root, "go")+":/usr/bin:/bin")
	t.Setenv(setup.CacheEnv, filepath.Join(root, "cache"))
	t.Setenv("FAKE_CALLS", d.calls)
	t.Setenv("FAKE_VERSION", "go1.26.8")
	for _, name := range []string{"JUPYTER_DATA_DIR", "JUPYTER_PATH", "XDG_DATA_HOME", "VIRTUAL_ENV", compute.ConfigEnvVar, "FAKE_FAILURE", "FAKE_WARMTH"} {
		t.Setenv(name, "")
	}
	return d
}

func (d *desk) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) options() Options {
	return Options{Module: d.checkout, Program: d.program, Log: &d.log}
}

func (d *desk) install(t *testing.T, opts Options) Kernel {
	t.Helper()
	k, err := Install(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
