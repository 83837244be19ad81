package setup

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnpackRefusesWhatIsNotPinned(t *testing.T) {
	const take = "nvidia/"
	good := member{"nvidia/a.so", "0123456789", 0o644}
	for _, test := range []struct {
		name    string
		members []member
		change  func(w *wheel, archive []byte) []byte
		want    string
	}{
		{name: "leaves the folder", members: []member{{"nvidia/../../a.so", "x", 0o644}}, want: "leaves the folder"},
		{name: "backslash", members: []member{{`nvidia/..\a.so`, "x", 0o644}}, want: "leaves the folder"},
		{name: "link", members: []member{{"nvidia/a.so", "/etc/passwd", 0o777 | os.ModeSymlink}}, want: "not a regular file"},
		{name: "member twice", members: []member{good, good}, want: "file exists"},
		{
			name: "more than pinned", members: []member{good},
			change: func(w *wheel, b []byte) []byte { w.Unpacked--; return b }, want: "more than 9 bytes",
		},
		{
			name: "less than pinned", members: []member{good},
			change: func(w *wheel, b []byte) []byte { w.Unpacked++; return b }, want: "10 bytes in nvidia/, expected 11",
		},
		{
			name: "member isn't there", members: []member{good},
			change: func(w *wheel, b []byte) []byte { w.Take = "nvidia/b.so"; return b }, want: "0 bytes in nvidia/b.so",
		},
		{
			name: "not an archive", members: []member{good},
			change: func(_ *wheel, b []byte) []byte { return b[:len(b)/2] }, want: "not a valid zip file",
		},
		{
			// The central directory, which comes last, says 3 bytes where there are 10.
			name: "lying header", members: []member{good},
			change: func(w *wheel, b []byte) []byte {
				w.Unpacked = 3
				directory := bytes.LastIndex(b, []byte("PK\x01\x02"))
				binary.LittleEndian.PutUint32(b[directory+24:], 3)
				return b
			},
			want: "not a valid zip file",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, archive := fakeWheel(t, "hostile", take, test.members...)
			if test.change != nil {
				archive = test.change(&w, archive)
			}
			folder := t.TempDir()
			path := filepath.Join(folder, w.File)
			write(t, path, string(archive), 0o644)
			root := filepath.Join(folder, "deep", "root")
			err := w.unpack(context.Background(), path, root)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			err = filepath.WalkDir(folder, func(p string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() && p != path && !strings.HasPrefix(p, root) {
					t.Errorf("%s was written", p)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestUnpackStops(t *testing.T) {
	w, archive := fakeWheel(t, "any", "a.so", member{"a.so", "text", 0o644})
	path := filepath.Join(t.TempDir(), w.File)
	write(t, path, string(archive), 0o644)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.unpack(ctx, path, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("unpack: got %v", err)
	}
	if err := w.verify(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("verify: got %v", err)
	}
}
