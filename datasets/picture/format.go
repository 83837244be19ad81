package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"unicode/utf8"

	"golang.org/x/image/webp"
)

// sniffLen is how many of the first bytes are looked at to tell what a file is.
const sniffLen = 512

// format is a kind of picture that is read.
type format struct {
	name   string
	magic  string // its first bytes, "?" standing for any
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// orientation gives the EXIF orientation of a whole file, 1 to 8.
	orientation func(data []byte) int
}

// formats are named here, not registered with package image, so that no other package's decoders come into play.
var formats = []format{
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode, pngOrientation},
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode, jpegOrientation},
	{"GIF", "GIF87a", gif.DecodeConfig, gif.Decode, noOrientation},
	{"GIF", "GIF89a", gif.DecodeConfig, gif.Decode, noOrientation},
	{"WebP", "RIFF????WEBP", webp.DecodeConfig, decodeWebP, webpOrientation},
}

const legalFormats = "PNG, JPEG, GIF and WebP"

// strangers are files that users may take for pictures we read.
var strangers = []struct{ magic, name string }{
	{"II*\x00", "a TIFF picture"},
	{"MM\x00*", "a TIFF picture"},
	{"????ftypavi", "an AVIF picture"},
	{"????ftyphe", "a HEIC picture"},
	{"????ftypmif1", "a HEIC picture"},
	{"????ftypmsf1", "a HEIC picture"},
	{"\xff\x0a", "a JPEG XL picture"},
	{"<svg", "an SVG drawing"},
	{"BM", "a BMP picture"},
	{"%PDF-", "a PDF document"},
	{"PK\x03\x04", "a ZIP archive"},
	{"\x1f\x8b", "a gzip file"},
	{"RIFF????WAVE", "a sound"},
	{"<!DOCTYPE", "an HTML page"},
	{"<html", "an HTML page"},
}

// sniff tells the format from a file's first bytes. Any other file is an error that says what it looks like.
func sniff(head []byte) (format, error) {
	if len(head) == 0 {
		return format{}, errors.New("not a picture: the file is empty")
	}
	for _, f := range formats {
		if hasMagic(head, f.magic) {
			return f, nil
		}
	}
	for _, s := range strangers {
		if hasMagic(head, s.magic) {
			return format{}, fmt.Errorf("%s, but only %s are read: convert it to one of them first", s.name, legalFormats)
		}
	}
	kind := "nothing known"
	if utf8.Valid(head) && !bytes.ContainsRune(head, 0) {
		kind = "text"
	}
	return format{}, fmt.Errorf("not a picture: the file looks like %s (its first bytes are % x); legal are %s",
		kind, head[:min(len(head), 8)], legalFormats)
}

func hasMagic(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}
