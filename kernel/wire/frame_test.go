package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

func TestFrameRoundTrip(t *testing.T) {
	var stream bytes.Buffer
	sent := Execute{Program: 7, Inputs: []uint64{1, 1 << 40}, Donate: []byte{2}}
	scratch, err := WriteFrame(&stream, nil, KindExecute, sent, []byte("blob"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WriteFrame(&stream, scratch, KindStatus, nil, nil); err != nil {
		t.Fatal(err)
	}
	h, message, err := ReadFrame(&stream, nil)
	if err != nil || h.Kind != KindExecute || h.Blob != 4 || h.Message != len(message) {
		t.Fatalf("header %+v, %v", h, err)
	}
	var got Execute
	if err := Unmarshal(message, &got); err != nil || got.Program != 7 || got.Inputs[1] != 1<<40 || got.Donate[0] != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if blob := stream.Next(4); string(blob) != "blob" {
		t.Fatalf("blob %q", blob)
	}
	h, message, err = ReadFrame(&stream, message)
	if err != nil || h.Kind != KindStatus || len(message) != 0 {
		t.Fatalf("second frame %+v, %q, %v", h, message, err)
	}
	if _, _, err := ReadFrame(&stream, nil); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// header makes a frame's, whatever it says.
func header(start string, kind Kind, message uint32, blob uint64) []byte {
	b := append([]byte(start), byte(kind))
	b = binary.LittleEndian.AppendUint32(b, message)
	return binary.LittleEndian.AppendUint64(b, blob)
}

func TestReadFrameRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		stream []byte
		want   string
	}{
		"garbage":             {[]byte("GET / HTTP/1.1\r\n\r\n"), "is the peer an Otherwise engine"},
		"a 4 GB message":      {header("Ow1", KindStatus, 1<<32-1, 0), "the limit is"},
		"an impossible blob":  {header("Ow1", KindPut, 0, 1<<63), "a blob of"},
		"half a header":       {header("Ow1", KindStatus, 0, 0)[:7], "unexpected EOF"},
		"half a message":      {append(header("Ow1", KindGet, 100, 0), "half"...), "cut off"},
		"nothing but a start": {[]byte("Ow1"), "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ReadFrame(bytes.NewReader(test.stream), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, wanted %q", err, test.want)
			}
		})
	}
}

func TestUnsendable(t *testing.T) {
	for name, message := range map[string]any{
		"too large":      Infer{Log: make([]byte, MaxMessage+1)},
		"a foreign type": struct{ F func() }{},
	} {
		var stream bytes.Buffer
		_, err := WriteFrame(&stream, nil, KindInfer, message, nil)
		if !errors.Is(err, ErrUnsendable) || stream.Len() > 0 {
			t.Errorf("%s: %v, with %d bytes sent", name, err, stream.Len())
		}
	}
}

func TestUnmarshalRefusesMore(t *testing.T) {
	if err := Unmarshal([]byte{1, 2}, &Get{}); !errors.Is(err, ErrMalformed) {
		t.Errorf("a byte too many: %v", err)
	}
}

// FuzzReadFrame looks for streams that panic, or that make much memory of little.
func FuzzReadFrame(f *testing.F) {
	f.Add(header("Ow1", KindStatus, 0, 0))
	f.Add(append(header("Ow1", KindGet, 1, 0), 5))
	f.Add(header("Ow1", KindPut, 1<<32-1, 1<<62))
	f.Add([]byte("Ow"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		h, message, err := ReadFrame(bytes.NewReader(stream), nil)
		if err == nil && (len(message) != h.Message || h.Message > len(stream) || h.Blob < 0) {
			t.Errorf("header %+v with %d bytes of message", h, len(message))
		}
	})
}

// messages are one of every kind.
func messages() []any {
	return []any{&Error{}, &Hello{}, &Welcome{}, &Infer{}, &Inferred{}, &Lookup{}, &Compile{}, &Program{}, &Execute{}, &Executed{},
		&Put{}, &Buffer{}, &Get{}, &Copy{}, &Free{}, &Keep{}, &Attach{}, &Attached{}, &Drop{}, &Dropped{}, &Status{}}
}

// FuzzUnmarshal looks for bytes that panic as a message, or that make much memory of little.
func FuzzUnmarshal(f *testing.F) {
	for i, m := range messages() {
		var stream bytes.Buffer
		if _, err := WriteFrame(&stream, nil, KindReply, m, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), stream.Bytes()[headerSize:])
	}
	f.Add(byte(4), bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, kind byte, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = Unmarshal(b, messages()[int(kind)%len(messages())])
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20+1000*uint64(len(b)) {
			t.Errorf("%d bytes took %d of memory", len(b), grown)
		}
	})
}
