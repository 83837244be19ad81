package fashion

import (
	"archive/tar"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnpackDeb(t *testing.T) {
	name, to := filepath.Join(t.TempDir(), "set.deb"), t.TempDir()
	writeTestFile(t, name, deb(t, smallSet()))
	if err := unpackDeb(t.Context(), name, to); err != nil {
		t.Fatal(err)
	}
	if err := verify(t.Context(), to, sumsOf(smallSet())); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(to)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 4 {
		t.Errorf("unpacked %v, want the four files only", entries)
	}
}

func TestUnpackDebErrors(t *testing.T) {
	const folder = "./usr/share/datasets/fashion-mnist/"
	const name = "train-labels-idx1-ubyte.gz"
	whole := deb(t, smallSet())
	binary := arMember{"debian-binary", []byte("2.0\n")}
	without := smallSet()
	delete(without, name)
	of := func(entries ...tarEntry) []byte { return arArchive(arMember{"data.tar.xz", tarXZ(t, entries...)}) }

	tests := []struct {
		name string
		deb  []byte
		want string
	}{
		{"empty", nil, "no ar archive"},
		{"not an archive", []byte("<html>not found</html>"), "no ar archive"},
		{"header only", []byte("!<arch>\n"), "without a data.tar.xz"},
		{"ar header cut", whole[:30], "truncated in an ar header"},
		{"no data", arArchive(binary), "without a data.tar.xz"},
		{"member cut", arArchive(binary)[:70], "truncated in member debian-binary: 2 of 4"},
		{"negative size", []byte(strings.Replace(string(arArchive(binary)), "4         `", "-4        `", 1)), "damaged ar header"},
		{"size in letters", []byte(strings.Replace(string(arArchive(binary)), "4         `", "four      `", 1)), "damaged ar header"},
		{"no end of header", []byte(strings.Replace(string(arArchive(binary)), "`", "'", 1)), "damaged ar header"},
		{"zstd", arArchive(binary, arMember{"data.tar.zst", nil}), "data.tar.zst, but only data.tar.xz"},
		{"gzip", arArchive(binary, arMember{"data.tar.gz", nil}), "data.tar.gz, but only data.tar.xz"},
		{"not xz", arArchive(arMember{"data.tar.xz", []byte("not xz, though long enough")}), "data.tar.xz: "},
		{"xz cut", whole[:len(whole)-400], "data.tar.xz: "},
		{"not tar", arArchive(arMember{"data.tar.xz", tarXZ(t)[:24]}), "data.tar.xz: "},
		{"a file missing", deb(t, without), "data.tar.xz is without " + name},
		{"link", of(tarEntry{tar.Header{Name: folder + name, Typeflag: tar.TypeSymlink, Linkname: "/etc/hostname"}, nil}), "no regular file"},
		{"other folder", of(file("./elsewhere/"+name, nil)), "is without train-images"},
		{"absolute", of(file("/usr/share/datasets/fashion-mnist/"+name, nil)), "is without train-images"},
		{"twice", of(file(folder+name, nil), file(folder+name, nil)), "is without train-images"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "set.deb")
			writeTestFile(t, path, test.deb)
			err := unpackDeb(t.Context(), path, t.TempDir())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "set.deb") {
				t.Errorf("%v; want a message with %q", err, test.want)
			}
		})
	}
}

func TestUnpackDebTooLarge(t *testing.T) {
	path, to := filepath.Join(t.TempDir(), "set.deb"), t.TempDir()
	bomb := file("./usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz", make([]byte, maxUnpackedFile+1))
	writeTestFile(t, path, arArchive(arMember{"data.tar.xz", tarXZ(t, bomb)}))
	if err := unpackDeb(t.Context(), path, to); err == nil || !strings.Contains(err.Error(), "at most 67108864 bytes") {
		t.Errorf("a file of over 64 MiB: %v", err)
	}
}

func TestUnpackDebCancelled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "set.deb")
	writeTestFile(t, path, deb(t, smallSet()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := unpackDeb(ctx, path, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
