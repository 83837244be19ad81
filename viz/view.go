package viz

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// View is something to look at, in the forms that places take. Package inline shows views in a notebook; [Save] writes them to files.
// Here are [Figure], [Panels], [Plot], [Animation], and those that move where a page runs scripts: [Compare], [Scrubber], [Explorer],
// [Gallery] and, of them all, [Overview].
type View interface {
	// Image is one still picture, with its labels. What can't be drawn is magenta.
	Image() image.Image
	// HTML is a part of a page with all that it needs inside: pictures, styles and scripts; nothing is fetched. Without scripts a
	// still form is seen. Several parts in a page don't know of each other. What makes no sense is an error.
	HTML() (string, error)
	// Text says in words what is to be seen: what consoles show and what screen readers read.
	Text() string
}

// vector is a view that is drawn in lines and text rather than pixels.
type vector interface {
	SVG() (string, error)
}

// SVG is a view as a drawing of its own: lines and text where it has them, as plots do, else its still picture, framed.
func SVG(v View) (string, error) {
	if drawn, ok := v.(vector); ok {
		return drawn.SVG()
	}
	img := v.Image()
	src, err := dataURL(img)
	if err != nil {
		return "", err
	}
	return executed("svg", map[string]any{"Size": img.Bounds().Size(), "Src": src, "Text": v.Text()})
}

// formats are the files that Save writes.
var formats = map[string]func(io.Writer, View) error{
	".png": func(w io.Writer, v View) error {
		if a, ok := v.(Animation); ok {
			return a.WriteAPNG(w)
		}
		return png.Encode(w, v.Image())
	},
	".gif": func(w io.Writer, v View) error {
		a, ok := v.(Animation)
		if !ok {
			return fmt.Errorf("a GIF is of an Animation, this is a %T; legal for it are .png, .svg and .html", v)
		}
		return a.WriteGIF(w)
	},
	".svg": func(w io.Writer, v View) error {
		text, err := SVG(v)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		return err
	},
	".html": func(w io.Writer, v View) error {
		text, err := document(v)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		return err
	},
}

// Save writes a view to a file, by the end of its name: .png (an animated one of an [Animation]), .svg, .html (a page that opens without a
// network) or .gif (of an Animation). The file arrives whole; after an error the one that was there stays.
func Save(path string, v View) error {
	write, known := formats[strings.ToLower(filepath.Ext(path))]
	if !known {
		return fmt.Errorf("cannot write %s: the end of a name says what to write; legal are .png, .svg, .html and .gif", path)
	}
	if v == nil {
		return fmt.Errorf("cannot write %s: %w", path, errNoView)
	}
	if err := replace(path, func(w io.Writer) error { return write(w, v) }); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

var errNoView = errors.New("there is nothing to show")

// replace writes a file that arrives whole, and its folder if need be.
func replace(path string, write func(io.Writer) error) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	pending, err := renameio.NewPendingFile(path, renameio.WithTempDir(folder), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer pending.Cleanup()
	if err := write(pending); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

// document is a page of one view.
func document(v View) (string, error) {
	body, err := v.HTML()
	if err != nil {
		return "", err
	}
	title, _, _ := strings.Cut(v.Text(), "\n")
	return executed("document", map[string]any{"Title": title, "Body": trusted(body)})
}

// still is a picture that can be drawn.
func still(img image.Image) image.Image {
	if img == nil || img.Bounds().Empty() {
		return undrawable()
	}
	return img
}

// joined are the texts of views, a line each, without repetition.
func joined(title string, views []View) string {
	var text bytes.Buffer
	var lines []string
	for _, line := range append([]string{title}, texts(views)...) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	text.WriteString(strings.Join(lines, "\n"))
	return text.String()
}

func texts(views []View) []string {
	var out []string
	for _, v := range views {
		if v != nil {
			out = append(out, v.Text())
		}
	}
	return out
}
