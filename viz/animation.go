package viz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"io"
	"time"

	"golang.org/x/image/draw"
)

// Animation are pictures of one size, one after the other.
type Animation struct {
	Title, Caption string
	Alt            string // what is to be seen; empty is title and caption
	Frames         []image.Image
	Delay          time.Duration // of a frame; 300 ms
	Loops          int           // how often it plays; 3, after which it rests on the last frame. Below 0 it never ends
}

const (
	// mostAnimated bounds the longer side of an animation, in pixels.
	mostAnimated = 256
	// lastFrame is how many times longer than the others the last frame is seen.
	lastFrame = 4
)

func (a Animation) figure() Figure {
	f := Figure{Title: a.Title, Caption: a.Caption, Alt: a.Alt}
	if len(a.Frames) > 0 {
		f.Picture = shrink(still(a.Frames[len(a.Frames)-1]), mostAnimated)
	}
	return f
}

// Image is the last frame, with its labels.
func (a Animation) Image() image.Image { return a.figure().Image() }

// Text is Alt, or title and caption.
func (a Animation) Text() string { return a.figure().Text() }

// HTML is an animated PNG.
func (a Animation) HTML() (string, error) {
	var data bytes.Buffer
	if err := a.WriteAPNG(&data); err != nil {
		return "", err
	}
	return executed("animation", map[string]any{"Figure": a.figure(), "Src": encoded("image/png", data.Bytes())})
}

// scaled are the frames in the size they are written in.
func (a Animation) scaled() ([]image.Image, error) {
	if len(a.Frames) == 0 {
		return nil, errors.New("the animation has no frames")
	}
	var out []image.Image
	for i, f := range a.Frames {
		f = shrink(still(f), mostAnimated)
		if i > 0 && f.Bounds().Size() != out[0].Bounds().Size() {
			return nil, fmt.Errorf("frame %d of the animation is %v large, the first %v; all need one size", i+1, f.Bounds().Size(), out[0].Bounds().Size())
		}
		out = append(out, opaque(f))
	}
	return out, nil
}

func (a Animation) delay() time.Duration {
	if a.Delay <= 0 {
		return 300 * time.Millisecond
	}
	return min(a.Delay, 30*time.Second)
}

func (a Animation) loops() int {
	switch {
	case a.Loops == 0:
		return 3
	case a.Loops < 0:
		return 0 // for ever, in both formats
	}
	return min(a.Loops, 1<<16-1)
}

// WriteAPNG writes an animated PNG, without loss; a viewer that knows none shows its first frame. Source: the PNG specification, third edition,
// section 11.3.7 (acTL, fcTL, fdAT).
func (a Animation) WriteAPNG(w io.Writer) error {
	frames, err := a.scaled()
	if err != nil {
		return err
	}
	size := frames[0].Bounds().Size()
	out := &pngWriter{w: w}
	sequence := uint32(0)
	for i, f := range frames {
		data, err := pngBytes(f)
		if err != nil {
			return fmt.Errorf("frame %d of the animation: %w", i+1, err)
		}
		chunks, err := pngChunks(data)
		if err != nil {
			return err
		}
		if i == 0 {
			out.raw([]byte("\x89PNG\r\n\x1a\n"))
			out.chunk("IHDR", chunks["IHDR"])
			out.chunk("acTL", binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(len(frames))), uint32(a.loops())))
		}
		delay := a.delay()
		if i == len(frames)-1 {
			delay = min(lastFrame*delay, 60*time.Second)
		}
		control := binary.BigEndian.AppendUint32(nil, sequence)
		for _, v := range []uint32{uint32(size.X), uint32(size.Y), 0, 0} {
			control = binary.BigEndian.AppendUint32(control, v)
		}
		control = binary.BigEndian.AppendUint16(control, uint16(delay.Milliseconds()))
		control = binary.BigEndian.AppendUint16(control, 1000)
		out.chunk("fcTL", append(control, 0, 0)) // no disposal, frames replace each other
		sequence++
		if i == 0 {
			out.chunk("IDAT", chunks["IDAT"])
			continue
		}
		out.chunk("fdAT", append(binary.BigEndian.AppendUint32(nil, sequence), chunks["IDAT"]...))
		sequence++
	}
	out.chunk("IEND", nil)
	return out.err
}

// opaque is a frame on white: a PNG has one colour type, and package png chooses another for a frame with transparent pixels.
func opaque(f image.Image) image.Image {
	out := image.NewRGBA(image.Rectangle{Max: f.Bounds().Size()})
	draw.Draw(out, out.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), f, f.Bounds().Min, draw.Over)
	return out
}

// pngChunks are the chunks of a PNG; those of one name are joined.
func pngChunks(data []byte) (map[string][]byte, error) {
	out := map[string][]byte{}
	for data = data[8:]; len(data) >= 12; {
		n := int(binary.BigEndian.Uint32(data))
		if n < 0 || n > len(data)-12 {
			return nil, errors.New("a PNG ends within a chunk")
		}
		name := string(data[4:8])
		out[name] = append(out[name], data[8:8+n]...)
		data = data[12+n:]
	}
	return out, nil
}

// pngWriter writes chunks until one can't be written.
type pngWriter struct {
	w   io.Writer
	err error
}

func (p *pngWriter) raw(data []byte) {
	if p.err == nil {
		_, p.err = p.w.Write(data)
	}
}

func (p *pngWriter) chunk(name string, data []byte) {
	body := append([]byte(name), data...)
	p.raw(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	p.raw(body)
	p.raw(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

// WriteGIF writes an animated GIF: 256 colours, chosen for all frames together, so that nothing flickers.
func (a Animation) WriteGIF(w io.Writer) error {
	frames, err := a.scaled()
	if err != nil {
		return err
	}
	colors := medianCut(frames, 256)
	out := &gif.GIF{}
	switch loops := a.loops(); loops {
	case 0: // a GIF's 0 is for ever too
	case 1:
		out.LoopCount = -1 // it counts repetitions, and writes this for none
	default:
		out.LoopCount = loops - 1
	}
	quantised := newNearest(colors)
	for i, f := range frames {
		img := image.NewPaletted(image.Rectangle{Max: f.Bounds().Size()}, colors)
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				img.Pix[y*img.Stride+x] = quantised.index(f.At(f.Bounds().Min.X+x, f.Bounds().Min.Y+y))
			}
		}
		delay := int(a.delay() / (10 * time.Millisecond))
		if i == len(frames)-1 {
			delay *= lastFrame
		}
		out.Image, out.Delay = append(out.Image, img), append(out.Delay, max(2, delay))
	}
	return gif.EncodeAll(w, out)
}

// nearest finds colours in a palette, each once.
type nearest struct {
	colors color.Palette
	known  map[color.RGBA]uint8
}

func newNearest(colors color.Palette) *nearest {
	return &nearest{colors: colors, known: map[color.RGBA]uint8{}}
}

func (n *nearest) index(c color.Color) uint8 {
	key := color.RGBAModel.Convert(c).(color.RGBA)
	at, found := n.known[key]
	if !found {
		at = uint8(n.colors.Index(key))
		n.known[key] = at
	}
	return at
}
