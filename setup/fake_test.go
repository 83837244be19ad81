package setup

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The tests' plugin: a wheel of a few bytes that a fake pip "downloads".
const fakeLibrary = "this stands for a shared library"

// member is a file of a fake wheel.
type member struct {
	name, text string
	mode       os.FileMode
}

// fakeWheel makes an archive of members, and the wheel that pins it.
func fakeWheel(t *testing.T, name, take string, members ...member) (wheel, []byte) {
	t.Helper()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	unpacked := 0
	w := wheel{Name: name, Version: "1.0", File: name + "-1.0-py3-none-any.whl", Take: take}
	for _, m := range members {
		header := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		header.SetMode(m.mode)
		f, err := z.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m.text)); err != nil {
			t.Fatal(err)
		}
		if w.takes(m.name) {
			unpacked += len(m.text)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w.SHA256, w.Size, w.Unpacked = hexSum(archive.Bytes()), int64(archive.Len()), int64(unpacked)
	return w, archive.Bytes()
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// fakeSite returns a site whose CPU plugin is a small wheel and whose GPU plugin is two, and the folder with the archives.
// The cache is a new folder, GOMLX_BACKEND is unset, and no pip is on PATH.
func fakeSite(t *testing.T) (s site, archives string) {
	t.Helper()
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv(CacheEnv, filepath.Join(t.TempDir(), "cache"))
	t.Setenv("PATH", t.TempDir())
	archives = t.TempDir()
	store := func(w wheel, archive []byte) wheel {
		write(t, filepath.Join(archives, w.File), string(archive), 0o644)
		return w
	}
	of := func(name string, wheels ...wheel) plugin {
		return plugin{
			Folder: name + "-1.0", Library: "lib/" + name + ".so",
			LibrarySHA256: hexSum([]byte(fakeLibrary)), LibrarySize: int64(len(fakeLibrary)), Wheels: wheels,
		}
	}
	s = site{driver: func() (string, bool) { return "", false }, platform: wheelPlatform}
	s.pins.CPU = of("fake-cpu",
		store(fakeWheel(t, "fake-cpu", "lib/fake-cpu.so", member{"lib/fake-cpu.so", fakeLibrary, 0o644}, member{"lib/other.h", "-", 0o644})))
	s.pins.GPU = of("fake-cuda",
		store(fakeWheel(t, "fake-cuda", "lib/fake-cuda.so", member{"lib/fake-cuda.so", fakeLibrary, 0o755})),
		store(fakeWheel(t, "fake-nvidia", "nvidia/", member{"nvidia/lib/a.so", "a", 0o644}, member{"nvidia/bin/ptxas", "bb", 0o744})))
	return s, archives
}

// fakePip puts a pip3 on PATH that runs the shell script for `pip3 download`, with the variables dest (the folder to save to),
// name (of the package) and archives set. Each download adds a line to the file whose name is returned.
func fakePip(t *testing.T, archives, script string) (calls string) {
	t.Helper()
	bin := t.TempDir()
	calls = filepath.Join(bin, "calls")
	write(t, filepath.Join(bin, "pip3"), `#!/bin/sh
PATH=/usr/bin:/bin
if [ "$1" = --version ]; then echo "pip 99.0 from /somewhere (python 3)"; exit 0; fi
while [ $# -gt 0 ]; do
	case $1 in
	--dest) dest=$2; shift ;;
	*==*) name=${1%%==*} ;;
	esac
	shift
done
archives='`+archives+`'
echo "$name" >> '`+calls+`'
`+script+"\n", 0o755)
	t.Setenv("PATH", bin)
	return calls
}

// copyArchive is the script of a pip that works.
const copyArchive = `cp "$archives/$name-1.0-py3-none-any.whl" "$dest"`

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// pluginFiles lists what stands in the cache's folder of plugins, without the lock.
func pluginFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(os.Getenv(CacheEnv), pluginsFolder))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		if e.Name() != lockFile {
			names = append(names, e.Name())
		}
	}
	return names
}

// waitFor returns when the file at path exists.
func waitFor(path string) {
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// mustSetup runs a set-up that must succeed and returns what it logged.
func mustSetup(t *testing.T, s site, opts Options) (Result, string) {
	t.Helper()
	var log bytes.Buffer
	opts.Log = &log
	result, err := s.setup(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return result, log.String()
}
