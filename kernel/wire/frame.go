package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
)

// MaxMessage is the largest encoded message, in bytes. Bulk data (tensors, programs) travels behind a message, as the
// frame's blob, which has limits of its own.
const MaxMessage = 16 << 20

// headerSize is that of a frame's header: 4 bytes of magic and kind, 4 of the message's length, 8 of the blob's length.
const headerSize = 16

// magic begins every frame; the fourth byte is the kind.
var magic = [3]byte{'O', 'w', '1'}

// Kind says what a frame is. Kinds of requests are listed in this package's messages.go.
type Kind uint8

// Header is the fixed part of a frame.
type Header struct {
	Kind    Kind
	Message int   // bytes of the encoded message
	Blob    int64 // bytes behind it
}

// ErrUnsendable is returned (wrapped) for a message that can't be sent, of which nothing was.
var ErrUnsendable = errors.New("the message can't be sent")

// WriteFrame sends a message, which may be nil, and a blob, which may be empty. The scratch buffer is used for the
// encoding and returned, grown, for the next frame. After any error but ErrUnsendable the stream is of no use.
func WriteFrame(w io.Writer, scratch []byte, kind Kind, message any, blob []byte) ([]byte, error) {
	e := Encoder{Bytes: append(scratch[:0], make([]byte, headerSize)...)}
	if message != nil {
		if err := e.Value(reflect.ValueOf(message)); err != nil {
			return scratch, fmt.Errorf("%w: %w", ErrUnsendable, err)
		}
	}
	size := len(e.Bytes) - headerSize
	if size > MaxMessage {
		return scratch, fmt.Errorf("%w: it has %d bytes; the limit is %d", ErrUnsendable, size, MaxMessage)
	}
	copy(e.Bytes, magic[:])
	e.Bytes[3] = byte(kind)
	binary.LittleEndian.PutUint32(e.Bytes[4:], uint32(size))
	binary.LittleEndian.PutUint64(e.Bytes[8:], uint64(len(blob)))
	if len(blob) == 0 {
		_, err := w.Write(e.Bytes)
		return e.Bytes, err
	}
	parts := net.Buffers{e.Bytes, blob}
	_, err := parts.WriteTo(w)
	return e.Bytes, err
}

// ReadFrame receives a header and the encoded message into scratch, which is grown and returned as the message's bytes.
// The blob, if the header names one, is left on the reader for the caller to read before the next frame.
func ReadFrame(r io.Reader, scratch []byte) (Header, []byte, error) {
	var raw [headerSize]byte
	if _, err := io.ReadFull(r, raw[:]); err != nil {
		return Header{}, scratch, err
	}
	if [3]byte(raw[:3]) != magic {
		return Header{}, scratch, fmt.Errorf("%w: a frame begins with % x; is the peer an Otherwise engine of this version?", ErrMalformed, raw[:3])
	}
	h := Header{Kind: Kind(raw[3])}
	size, blob := binary.LittleEndian.Uint32(raw[4:]), binary.LittleEndian.Uint64(raw[8:])
	if size > MaxMessage {
		return Header{}, scratch, fmt.Errorf("%w: a message of %d bytes is announced; the limit is %d", ErrMalformed, size, MaxMessage)
	}
	if blob > 1<<62 {
		return Header{}, scratch, fmt.Errorf("%w: a blob of %d bytes is announced", ErrMalformed, blob)
	}
	h.Message, h.Blob = int(size), int64(blob)
	if cap(scratch) < h.Message {
		scratch = make([]byte, h.Message)
	}
	scratch = scratch[:h.Message]
	if _, err := io.ReadFull(r, scratch); err != nil {
		return Header{}, scratch, fmt.Errorf("a frame is cut off: %w", err)
	}
	return h, scratch, nil
}

// Unmarshal decodes a message, which must fill its bytes, into the struct that message points to.
func Unmarshal(b []byte, message any) error {
	d := NewDecoder(b)
	if err := d.Value(reflect.ValueOf(message).Elem()); err != nil {
		return err
	}
	if !d.Empty() {
		return fmt.Errorf("%w: %d bytes left over", ErrMalformed, len(d.rest))
	}
	return nil
}
