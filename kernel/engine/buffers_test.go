package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/engine"
	"otherwise/kernel/wire"
)

func TestPutAndGet(t *testing.T) {
	s := start(t, engine.Options{})
	r := s.greeted()
	for name, test := range map[string]struct {
		shape shapes.Shape
		blob  []byte
		want  []byte
	}{
		"numbers":        {vector(2), []byte{0, 0, 128, 63, 0, 0, 0, 64}, []byte{0, 0, 128, 63, 0, 0, 0, 64}},
		"no numbers":     {shapes.Make(dtypes.Float32, 3, 0), nil, nil},
		"a scalar":       {shapes.Make(dtypes.Int64), make([]byte, 8), make([]byte, 8)},
		"booleans":       {shapes.Make(dtypes.Bool, 4), []byte{0, 1, 2, 255}, []byte{0, 1, 1, 1}},
		"packed numbers": {shapes.Make(dtypes.Int4, 3), []byte{0x21, 0x03}, []byte{0x21, 0x03}},
	} {
		t.Run(name, func(t *testing.T) {
			var b wire.Buffer
			if text := r.ask(wire.KindPut, wire.Put{Shape: test.shape}, test.blob, &b); text != "" {
				t.Fatal(text)
			}
			r.send(wire.KindGet, wire.Get{ID: b.ID}, nil)
			h, _, err := wire.ReadFrame(r, nil)
			if err != nil || h.Kind != wire.KindReply || h.Blob != int64(len(test.want)) {
				t.Fatalf("got %+v, %v", h, err)
			}
			got := make([]byte, h.Blob)
			if n, err := r.Read(got); h.Blob > 0 && (err != nil || n != len(got)) || !slices.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestUnknownBuffers(t *testing.T) {
	s := start(t, engine.Options{})
	r, other := s.greeted(), s.greeted()
	var b wire.Buffer
	if text := r.ask(wire.KindPut, wire.Put{Shape: vector(1)}, make([]byte, 4), &b); text != "" {
		t.Fatal(text)
	}
	for name, ask := range map[string]func() string{
		"another client's": func() string { return other.ask(wire.KindGet, wire.Get{ID: b.ID}, nil, nil) },
		"one never made":   func() string { return r.ask(wire.KindCopy, wire.Copy{ID: b.ID + 1000}, nil, nil) },
		"one to keep":      func() string { return r.ask(wire.KindKeep, wire.Keep{Name: "n", IDs: []uint64{b.ID, 9999}}, nil, nil) },
		"a freed one": func() string {
			r.send(wire.KindFree, wire.Free{IDs: []uint64{b.ID, b.ID}}, nil)
			return r.ask(wire.KindGet, wire.Get{ID: b.ID}, nil, nil)
		},
	} {
		if text := ask(); !strings.Contains(text, "the engine has no buffer") {
			t.Errorf("%s: %q", name, text)
		}
	}
	s.until("all is free", func() bool { return s.status(s.connect()).BufferBytes == 0 })
}

func TestDonation(t *testing.T) {
	s := start(t, engine.Options{})
	b := s.connect()
	exec := adding(t, b, 2)
	run := func(x, y compute.Buffer, donate ...bool) []float32 {
		t.Helper()
		out, err := exec.Execute([]compute.Buffer{x, y}, donate, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, out[0])
		if err := out[0].Finalize(); err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := func(name string, got []float32, x, y float32) {
		t.Helper()
		if !slices.Equal(got, []float32{x, y}) {
			t.Errorf("%s: got %v, want [%g %g]", name, got, x, y)
		}
	}
	y := put(t, b, 10, 20)

	sole := put(t, b, 1, 2)
	want("a buffer of one owner", run(sole, y, true, false), 11, 22)
	if err := sole.ToFlatData(make([]float32, 2)); err == nil {
		t.Error("a donated buffer can still be read")
	}

	kept := put(t, b, 3, 4)
	if err := b.Keep("kept", nil, []compute.Buffer{kept}); err != nil {
		t.Fatal(err)
	}
	want("a kept buffer", run(kept, y, true, false), 13, 24)
	_, again, found, err := b.Attach("kept")
	if err != nil || !found {
		t.Fatal(found, err)
	}
	want("what is kept, after its donation", read(t, again[0]), 3, 4)

	twice := put(t, b, 5, 6)
	want("one buffer, both inputs, both donated", run(twice, twice, true, true), 10, 12)
	once := put(t, b, 7, 8)
	want("one buffer, both inputs, one donated", run(once, once, true, false), 14, 16)

	if _, err := b.Drop(""); err != nil {
		t.Fatal(err)
	}
	for _, buffer := range []compute.Buffer{y, again[0]} {
		if err := buffer.Finalize(); err != nil {
			t.Fatal(err)
		}
	}
	s.until("all is free", func() bool { return s.status(b).BufferBytes == 0 })
}

func TestDonatedBuffersOfAFailure(t *testing.T) {
	backend := newSlow()
	backend.execute = make(chan error, 1)
	s := start(t, engine.Options{Backend: backend})
	b := s.connect()
	exec := adding(t, b, 2)
	for name, fail := range map[string]func() error{
		"the backend's": func() error {
			backend.execute <- compute.ErrNotImplemented
			_, err := exec.Execute([]compute.Buffer{put(t, b, 1, 2), put(t, b, 3, 4)}, []bool{true, true}, 0)
			return err
		},
		"a donation refused": func() error {
			x, y := put(t, b, 1, 2), put(t, b, 3, 4)
			_, err := exec.Execute([]compute.Buffer{x, y}, []bool{true}, 0)
			return errors.Join(err, x.Finalize(), y.Finalize())
		},
	} {
		if err := fail(); err == nil {
			t.Errorf("%s: no error", name)
		}
		s.until("all is free after a failure, "+name, func() bool { return s.status(b).BufferBytes == 0 })
	}
}

func TestKeepReplaceDrop(t *testing.T) {
	s := start(t, engine.Options{})
	b := s.connect()
	keep := func(name string, buffer compute.Buffer) {
		t.Helper()
		if err := b.Keep(name, []byte("meta of "+name), []compute.Buffer{buffer}); err != nil {
			t.Fatal(err)
		}
		if err := buffer.Finalize(); err != nil {
			t.Fatal(err)
		}
	}
	keep("one", put(t, b, 1))
	keep("two", put(t, b, 2, 3))
	keep("one", put(t, b, 4, 5, 6)) // replaces
	b.Finalize()

	later := s.connect()
	s.until("the first session's buffers are gone", func() bool { return s.status(later).BufferBytes == 20 })
	models := s.status(later).Kept
	if len(models) != 2 || models[0].Name != "one" || models[0].Bytes != 12 || models[1].Name != "two" || models[1].Bytes != 8 {
		t.Errorf("kept: %+v", models)
	}
	meta, buffers, found, err := later.Attach("one")
	if err != nil || !found || string(meta) != "meta of one" || !slices.Equal(read(t, buffers[0]), []float32{4, 5, 6}) {
		t.Fatalf("attached %q, found %t, %v", meta, found, err)
	}
	if _, _, found, err := later.Attach("three"); found || err != nil {
		t.Errorf("a name that nobody gave: found %t, %v", found, err)
	}
	if n, err := later.Drop("one"); n != 1 || err != nil {
		t.Errorf("dropped %d, %v", n, err)
	}
	if got := read(t, buffers[0]); got[0] != 4 { // in use, and so still there
		t.Errorf("dropped while in use: %v", got)
	}
	if n, err := later.Drop(""); n != 1 || err != nil {
		t.Errorf("dropped %d of the rest, %v", n, err)
	}
	if err := buffers[0].Finalize(); err != nil {
		t.Fatal(err)
	}
	s.until("all is free", func() bool { return s.status(later).BufferBytes == 0 })
	for _, name := range []string{"", strings.Repeat("n", 1001)} {
		if err := later.Keep(name, nil, nil); err == nil {
			t.Errorf("a name of %d bytes was taken", len(name))
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	s := start(t, engine.Options{MemoryLimit: 1000})
	b := s.connect()
	exec := adding(t, b, 100)
	x, y := put(t, b, make([]float32, 100)...), put(t, b, make([]float32, 100)...)
	full := func(name string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "memory is full") || !strings.Contains(err.Error(), "drop kept models") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := b.BufferFromFlatData(0, make([]float32, 51), vector(51))
	full("a tensor", err)
	_, err = exec.Execute([]compute.Buffer{x, y}, nil, 0)
	full("results", err)
	_, err = x.CopyToDevice(0)
	full("a copy", err)
	// the connection and the engine go on, and what is donated makes room
	out, err := exec.Execute([]compute.Buffer{x, y}, []bool{true, false}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.status(b); got.BufferBytes != 800 || got.BufferLimit != 1000 {
		t.Errorf("%d of %d bytes in use, want 800 of 1000", got.BufferBytes, got.BufferLimit)
	}
	if got := read(t, out[0]); len(got) != 100 {
		t.Errorf("%d results", len(got))
	}
}
