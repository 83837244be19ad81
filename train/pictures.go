package train

import (
	"fmt"

	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/nn"
)

// Pictures is a labelled set of pictures of one size in memory, one byte a channel value.
type Pictures struct {
	Height, Width, Channels int
	Classes                 []string
	Labels                  []int32
	pixels                  []byte
}

// Load fits every picture of a data set into a frame of the given size and channels.
func Load(set datasets.Dataset, frame picture.Frame) (*Pictures, error) {
	p := &Pictures{Height: frame.Height, Width: frame.Width, Channels: frame.Channels, Classes: set.Classes()}
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

// Len is the number of pictures.
func (p *Pictures) Len() int { return len(p.Labels) }

// Size is the number of channel values in a picture.
func (p *Pictures) Size() int { return p.Height * p.Width * p.Channels }

// Unit appends picture i to dst as values in [0, 1].
func (p *Pictures) Unit(dst []float32, i int) []float32 {
	for _, b := range p.pixels[i*p.Size() : (i+1)*p.Size()] {
		dst = append(dst, float32(b)/255)
	}
	return dst
}

// epochOrder gives the pictures of a step: every picture comes once an epoch, in an order that seed and epoch decide.
type epochOrder struct {
	n, batch int
	seed     uint64
	name     string
	epoch    int
	order    []int
}

func newEpochOrder(n, batch int, seed uint64, name string) (*epochOrder, error) {
	if batch < 1 || n < batch {
		return nil, fmt.Errorf("training %s: %d pictures don't fill a batch of %d", name, n, batch)
	}
	return &epochOrder{n: n, batch: batch, seed: seed, name: name, epoch: -1}, nil
}

// at returns the indices of a step's batch. The last pictures of an epoch that don't fill a batch are left out.
func (e *epochOrder) at(step int) []int {
	perEpoch := e.n / e.batch
	epoch, k := step/perEpoch, step%perEpoch
	if epoch != e.epoch {
		e.order = nn.Stream(e.seed, fmt.Sprintf("%s/epoch/%d", e.name, epoch)).Perm(e.n)
		e.epoch = epoch
	}
	return e.order[k*e.batch : (k+1)*e.batch]
}
