package train

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"otherwise/counterfactual"
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
	source datasets.Dataset // that they were read from; nil where they are drawn
}

// Load fits every picture of a data set into a frame of the given size and channels.
func Load(set datasets.Dataset, frame picture.Frame) (*Pictures, error) {
	p := &Pictures{Height: frame.Height, Width: frame.Width, Channels: frame.Channels, Classes: set.Classes(), frame: frame, source: set}
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

// pictures gives pictures from to to, to left out, as models take them.
func (p *Pictures) pictures(from, to int) ([]counterfactual.Picture, error) {
	numbers := make([]int, to-from)
	for i := range numbers {
		numbers[i] = from + i
	}
	values, _, err := p.Batch(numbers)
	if err != nil {
		return nil, err
	}
	return p.cut(values), nil
}

// cut makes pictures of a batch's values.
func (p *Pictures) cut(values []float32) []counterfactual.Picture {
	pictures := make([]counterfactual.Picture, len(values)/p.Size())
	for i := range pictures {
		pictures[i] = counterfactual.Picture{Height: p.Height, Width: p.Width, Channels: p.Channels, Values: values[i*p.Size() : (i+1)*p.Size()]}
	}
	return pictures
}

// Task names the factor of a world that is the class; empty of other sets.
func (p *Pictures) Task() string {
	if world, is := p.world.(datasets.World); is {
		return world.Task()
	}
	return ""
}

// Factors lists what there is to be told of a picture: the factors of a world, of other sets the class alone.
func (p *Pictures) Factors() []datasets.Factor {
	if world, is := p.world.(datasets.World); is {
		return world.Factors()
	}
	return []datasets.Factor{p.class()}
}

// classFactor is the name of the class among the factors of a set that has no other.
const classFactor = "class"

func (p *Pictures) class() datasets.Factor {
	return datasets.Factor{Name: classFactor, Values: p.Classes}
}

// values gives the values of picture i, those of Factors or, asked for the class alone, its label.
func (p *Pictures) values(i int, factors []datasets.Factor) ([]int32, error) {
	if len(factors) == 1 && factors[0].Name == classFactor {
		return []int32{p.Labels[i]}, nil
	}
	world, is := p.world.(datasets.World)
	if !is {
		return nil, fmt.Errorf("a set without factors was asked for %d of them", len(factors))
	}
	numbers, err := world.Values(i)
	if err != nil {
		return nil, err
	}
	values := make([]int32, len(numbers))
	for k, v := range numbers {
		values[k] = int32(v)
	}
	return values, nil
}

// Caption describes picture i in words. A set that has no captions is an error.
func (p *Pictures) Caption(i int) (string, error) {
	from := p.world
	if from == nil {
		from = p.source
	}
	captioned, ok := from.(interface{ Caption(i int) (string, error) })
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
