package weights

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func mapped(t *testing.T, data []byte) (*mapping, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	disk, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	source, closer, err := mapFile(disk, int64(len(data)))
	if err != nil {
		t.Skipf("this file system maps no files: %v", err)
	}
	t.Cleanup(func() { closer.Close() })
	return source.(*mapping), path
}

func counting(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i*7 + i>>8)
	}
	return data
}

func TestMappingReadsAsFilesDo(t *testing.T) {
	data := counting(2*window + 12345)
	m, _ := mapped(t, data)
	for _, span := range [][2]int{{0, len(data)}, {1, 2}, {4095, 4097}, {window - 3, window + 3}, {17, 2*window + 99}, {len(data), len(data)}} {
		got := make([]byte, span[1]-span[0])
		if n, err := m.ReadAt(got, int64(span[0])); n != len(got) || (err != nil && err != io.EOF) || !bytes.Equal(got, data[span[0]:span[1]]) {
			t.Errorf("%v: %d bytes (%v)", span, n, err)
		}
		total := 0
		err := m.pieces(int64(span[0]), int64(span[1]), func(piece []byte) error {
			if !bytes.Equal(piece, data[span[0]+total:][:len(piece)]) {
				t.Errorf("%v: the piece at %d differs", span, total)
			}
			if total += len(piece); total < len(got) && len(piece)%8 != 0 {
				t.Errorf("%v: a piece of %d bytes", span, len(piece))
			}
			return nil
		})
		if err != nil || total != len(got) {
			t.Errorf("%v: %d bytes (%v)", span, total, err)
		}
	}
	tail := make([]byte, 10)
	if n, err := m.ReadAt(tail, int64(len(data)-4)); n != 4 || err != io.EOF {
		t.Errorf("at the end: %d bytes (%v)", n, err)
	}
	if _, err := m.ReadAt(tail, -1); err == nil {
		t.Error("a negative offset was accepted")
	}
}

// Another process truncates the file between the moment its pages are asked for and the moment they are touched.
func TestTruncationWhileTouched(t *testing.T) {
	for name, touch := range map[string]func(piece []byte) error{
		"a byte": func(piece []byte) error {
			if piece[len(piece)-1] == 1 {
				return errors.New("read")
			}
			return nil
		},
		"all bytes": func(piece []byte) error {
			copy(make([]byte, len(piece)), piece)
			return nil
		},
		"halves": func(piece []byte) error {
			decodeF16(make([]float32, len(piece)/2), piece)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, path := mapped(t, counting(window))
			err := m.pieces(0, window, func(piece []byte) error {
				if err := os.Truncate(path, 5000); err != nil {
					t.Fatal(err)
				}
				return touch(piece)
			})
			if !errors.Is(err, ErrTruncated) || !strings.Contains(err.Error(), "2092152 bytes are missing") {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// The rest of a page after the end reads as zeros, which no signal tells.
func TestTruncationWithinAPage(t *testing.T) {
	m, path := mapped(t, counting(4000))
	if err := os.Truncate(path, 3000); err != nil {
		t.Fatal(err)
	}
	if _, err := m.ReadAt(make([]byte, 10), 3500); !errors.Is(err, ErrTruncated) {
		t.Errorf("error is %v", err)
	}
	if _, err := m.ReadAt(make([]byte, 10), 2000); err != nil {
		t.Errorf("what is still there: %v", err)
	}
}

func TestPanicsOfUsersPass(t *testing.T) {
	m, _ := mapped(t, counting(100))
	defer func() {
		if recover() != "mine" {
			t.Error("the panic is another one")
		}
	}()
	_ = m.pieces(0, 100, func([]byte) error { panic("mine") })
}
