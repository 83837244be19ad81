package onnx

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// folder reads the tensors that a model keeps in other files, from its own folder and those below it and nowhere else: a
// path or link that leads out is an error.
type folder struct {
	root  *os.Root
	files map[string]*os.File
}

func openFolder(modelPath string) (*folder, error) {
	root, err := os.OpenRoot(filepath.Dir(modelPath))
	if err != nil {
		return nil, fmt.Errorf("the model's folder: %w", err)
	}
	return &folder{root: root, files: map[string]*os.File{}}, nil
}

func (d *folder) close() {
	for _, f := range d.files {
		f.Close() // only read from
	}
	d.root.Close()
}

// fetch reads the bytes of a tensor that lies in another file. What it asks for is compared with the file's size
// before memory is.
func (d *folder) fetch(t *storedTensor) error {
	if t.external == nil {
		return nil
	}
	name := t.external["location"]
	want := int64(t.size) * int64(elementSizes[t.elements])
	offset, err := t.externalNumber("offset", 0)
	if err != nil {
		return err
	}
	length, err := t.externalNumber("length", want)
	if err != nil {
		return err
	}
	if length != want {
		return fmt.Errorf("tensor %q of shape %v takes %d bytes of %q; wanted are %d", t.name, t.dims, length, name, want)
	}
	f, open := d.files[name]
	if !open {
		if f, err = d.root.Open(name); err != nil {
			return fmt.Errorf("tensor %q lies in another file: %w; it must lie beside the model or in a folder below", t.name, err)
		}
		d.files[name] = f
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || offset > info.Size() || length > info.Size()-offset {
		return fmt.Errorf("tensor %q takes %d bytes from %d of %q, which has %d: the file is truncated or another model's",
			t.name, length, offset, name, info.Size())
	}
	t.raw, t.hasRaw = make([]byte, length), true
	if _, err := f.ReadAt(t.raw, offset); err != nil && err != io.EOF {
		return fmt.Errorf("tensor %q: reading %q: %w", t.name, name, err)
	}
	return nil
}

func (t *storedTensor) externalNumber(key string, absent int64) (int64, error) {
	text, has := t.external[key]
	if !has {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("tensor %q: %s %q in another file is no size", t.name, key, text)
	}
	return n, nil
}
