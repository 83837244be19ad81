package train

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"otherwise/datasets"
	"otherwise/datasets/picture"
)

// Pictures is a labelled set of pictures of one size: kept in memory, one byte a channel value, or drawn when asked for.
type Pictures struct {
	Height, Width, Channels int
	Classes                 []string
	Labels                  []int32

	frame  picture.Frame
	pixels []byte           // nil where pictures are drawn
	world  datasets.Dataset // that draws them
}

// Load fits every picture of a data set into a frame of the given size and channels.
func Load(set datasets.Dataset, frame picture.Frame) (*Pictures, error) {
	p := &Pictures{Height: frame.Height, Width: frame.Width, Channels: frame.Channels, Classes: set.Classes(), frame: frame}
	p.pixels = make([]byte, 0, set.Len()*frame.Size())
	for i := range set.Len() {
		sample, err := set.Sample(i)
		if err != nil {
			return nil, fmt.Errorf("picture %d of %s: %w", i, set.Name(), err)
		}
		values, err := frame.Floats(sample.Image)
		if err != nil {
			return nil, fmt.Errorf("picture %d of %s: %w", i, set.Name(), err)
		}
		for _, v := range values {
			p.pixels = append(p.pixels, byte(v*255+0.5))
		}
		p.Labels = append(p.Labels, int32(sample.Label))
	}
	return p, nil
}

// Draw gives the first n pictures of a procedural world, all of them where it has fewer, each drawn anew when asked for.
func Draw(world datasets.Labelled, frame picture.Frame, n int) *Pictures {
	p := &Pictures{Height: frame.Height, Width: frame.Width, Channels: frame.Channels, Classes: world.Classes(), frame: frame, world: world}
	p.Labels = make([]int32, min(n, world.Len()))
	for i := range p.Labels {
		p.Labels[i] = int32(world.Label(i))
	}
	return p
}

// First is the set of the first n pictures, or of all where there are fewer.
func (p *Pictures) First(n int) *Pictures {
	first := *p
	first.Labels = p.Labels[:min(n, len(p.Labels))]
	return &first
}

// Len is the number of pictures.
func (p *Pictures) Len() int { return len(p.Labels) }

// Size is the number of channel values in a picture.
func (p *Pictures) Size() int { return p.Height * p.Width * p.Channels }

// Drawn reports whether pictures are drawn when asked for. Of such [Pictures.Batch] tells where their subjects are.
func (p *Pictures) Drawn() bool { return p.world != nil }

// Batch gives pictures by their numbers, as values in [0, 1], one after the other; subjects is, where the set knows it,
// how much of each pixel [height, width] the subject covers, in [0, 1]. Drawing takes as many cores as there are.
func (p *Pictures) Batch(numbers []int) (values, subjects []float32, err error) {
	values = make([]float32, len(numbers)*p.Size())
	if p.world == nil {
		for k, i := range numbers {
			out := values[k*p.Size() : (k+1)*p.Size()]
			for j, b := range p.pixels[i*p.Size() : (i+1)*p.Size()] {
				out[j] = float32(b) / 255
			}
		}
		return values, nil, nil
	}
	area := p.Height * p.Width
	subjects = make([]float32, len(numbers)*area)
	var drawing errgroup.Group
	drawing.SetLimit(runtime.NumCPU())
	for k, i := range numbers {
		drawing.Go(func() error {
			return p.draw(i, values[k*p.Size():(k+1)*p.Size()], subjects[k*area:(k+1)*area])
		})
	}
	return values, subjects, drawing.Wait()
}

// Caption describes picture i in words. A set that has no captions is an error.
func (p *Pictures) Caption(i int) (string, error) {
	captioned, ok := p.world.(interface{ Caption(i int) (string, error) })
	if !ok {
		return "", errors.New("the data set has no captions, which a text-conditional model is told")
	}
	return captioned.Caption(i)
}

func (p *Pictures) draw(i int, values, subject []float32) error {
	sample, err := p.world.Sample(i)
	if err != nil {
		return err
	}
	fitted, err := p.frame.Floats(sample.Image)
	if err != nil {
		return fmt.Errorf("%s: %w", sample.ID, err)
	}
	copy(values, fitted)
	if sample.Subject == nil {
		return nil
	}
	if len(sample.Subject.Pix) != len(subject) {
		return fmt.Errorf("%s: the subject's mask is %v, models take %dx%d", sample.ID, sample.Subject.Rect, p.Width, p.Height)
	}
	for j, b := range sample.Subject.Pix {
		subject[j] = float32(b) / 255
	}
	return nil
}
