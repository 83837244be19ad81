package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
	"otherwise/viz"
)

// SwapOptions are the settings of [SwapRegions].
type SwapOptions struct {
	// Patch is the side of the squares that are swapped, in pixels; 0 is 64 for a picture 256 pixels high (paper), and as large a share of
	// other pictures.
	Patch int `json:"patch"`
	// Stride is how far neighbouring squares are apart; 0 is half a patch (our choice; the paper gives none). The last squares end at
	// the picture's edge.
	Stride int `json:"stride"`
	// Batch is how many pictures the classifier is asked about at once; 32.
	Batch int `json:"batch"`
}

// paperPatch and paperSide are the paper's: squares of 64 pixels in pictures of 256.
const paperPatch, paperSide = 64, 256

func (o SwapOptions) withDefaults(p counterfactual.Picture) (SwapOptions, error) {
	o.Patch = cmp.Or(o.Patch, max(1, p.Height*paperPatch/paperSide))
	o.Stride = cmp.Or(o.Stride, max(1, o.Patch/2))
	o.Batch = cmp.Or(o.Batch, 32)
	switch {
	case o.Patch < 1 || o.Patch > min(p.Height, p.Width):
		return o, fmt.Errorf("patch is %d; legal is 1 to the picture's shorter side, %d", o.Patch, min(p.Height, p.Width))
	case o.Stride < 1 || o.Stride > o.Patch:
		return o, fmt.Errorf("stride is %d; legal is 1 to patch (%d): a larger one leaves pixels out", o.Stride, o.Patch)
	case o.Batch < 1:
		return o, fmt.Errorf("batch is %d; it must be positive", o.Batch)
	}
	return o, nil
}

// Swap is how much each region of a counterfactual matters to the classifier (LDCE, appendix L): whether what changed is what decides.
type Swap struct {
	SwapOptions
	// LogitBefore and LogitAfter are the target's logits of original and counterfactual.
	LogitBefore float64       `json:"target_logit_before"`
	LogitAfter  float64       `json:"target_logit_after"`
	Squares     []SwapOutcome `json:"squares"`
	// Restored and Inserted [height, width] are the changes of the squares, averaged over those that a pixel is in.
	Restored *counterfactual.Grid `json:"-"`
	Inserted *counterfactual.Grid `json:"-"`
	// Alignment is the correlation of Restored with the size of each pixel's change, -1 to 1: near 1 the places that changed are those
	// that decide, as for a semantic change. NaN where either is the same everywhere, which is null in JSON.
	Alignment Number `json:"alignment"`

	result *counterfactual.Result
}

// SwapOutcome is what swapping one square does to the target's logit.
type SwapOutcome struct {
	X int `json:"x"` // of the square's corner, from the top left
	Y int `json:"y"`
	// Restored is how much the counterfactual's logit falls with the original put back in the square (the paper's direction), Inserted
	// how much the original's rises with the counterfactual put in.
	Restored float64 `json:"restored"`
	Inserted float64 `json:"inserted"`
}

// SwapRegions exchanges squares between original and counterfactual, one at a time and in both directions, and asks the classifier
// each time. Source: LDCE, appendix L; the paper says which squares, and that pixels have what all squares come to; we average.
func SwapRegions(ctx context.Context, m counterfactual.Models, r *counterfactual.Result, o SwapOptions) (*Swap, error) {
	o, err := o.withDefaults(r.Original)
	if err != nil {
		return nil, fmt.Errorf("swapping regions: %w", err)
	}
	s := &Swap{SwapOptions: o, result: r}
	for _, y := range places(r.Original.Height, o.Patch, o.Stride) {
		for _, x := range places(r.Original.Width, o.Patch, o.Stride) {
			s.Squares = append(s.Squares, SwapOutcome{X: x, Y: y})
		}
	}
	swapped := []counterfactual.Picture{r.Original, r.Counterfactual}
	for _, q := range s.Squares {
		swapped = append(swapped, withSquare(r.Counterfactual, r.Original, q.X, q.Y, o.Patch), withSquare(r.Original, r.Counterfactual, q.X, q.Y, o.Patch))
	}
	logits, err := logitsOf(ctx, m, swapped, r.Target, o.Batch)
	if err != nil {
		return nil, fmt.Errorf("swapping regions: %w", err)
	}
	s.LogitBefore, s.LogitAfter = logits[0], logits[1]
	for i := range s.Squares {
		s.Squares[i].Restored = s.LogitAfter - logits[2+2*i]
		s.Squares[i].Inserted = logits[3+2*i] - s.LogitBefore
	}
	s.Restored = s.perPixel(func(q SwapOutcome) float64 { return q.Restored })
	s.Inserted = s.perPixel(func(q SwapOutcome) float64 { return q.Inserted })
	s.Alignment = Number(correlation(s.Restored.Values, changes(r)))
	return s, nil
}

// places are the starts of squares along a side: stride apart, the last at the end.
func places(side, patch, stride int) []int {
	var out []int
	for at := 0; at < side-patch; at += stride {
		out = append(out, at)
	}
	return append(out, side-patch)
}

// withSquare is a picture with a square of another.
func withSquare(p, other counterfactual.Picture, x, y, side int) counterfactual.Picture {
	p.Values = slices.Clone(p.Values)
	for row := y; row < y+side; row++ {
		from := (row*p.Width + x) * p.Channels
		copy(p.Values[from:from+side*p.Channels], other.Values[from:])
	}
	return p
}

// logitsOf asks for the logit of one class of many pictures, in batches of one size.
func logitsOf(ctx context.Context, m counterfactual.Models, pictures []counterfactual.Picture, class, size int) ([]float64, error) {
	program := nn.NewProgram(m.Backend, "logits", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{m.Classifier.LogitOf(m.Classifier.Logits(s[0], a[0]), a[1])}
	})
	size = min(size, len(pictures))
	classes := slices.Repeat([]int32{int32(class)}, size)
	var out []float64
	for from := 0; from < len(pictures); from += size {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("stopped after %d of %d pictures: %w", from, len(pictures), err)
		}
		first := min(from, len(pictures)-size) // the last batch overlaps the one before: another size would be compiled anew
		values, err := callOn(program, m, pictures[first:first+size], classes)
		if err != nil {
			return nil, err
		}
		for _, v := range values[from-first:] {
			if math.IsNaN(float64(v)) {
				return nil, fmt.Errorf("the classifier gives NaN for picture %d of %d", from, len(pictures))
			}
			out = append(out, float64(v))
		}
	}
	return out, nil
}

func callOn(program *nn.Program, m counterfactual.Models, pictures []counterfactual.Picture, classes []int32) ([]float32, error) {
	batch, err := counterfactual.Batch(pictures...)
	if err != nil {
		return nil, err
	}
	defer nn.Free(batch)
	out, err := program.Call1([]*nn.Params{m.Classifier.Params}, batch, classes)
	if err != nil {
		return nil, err
	}
	defer nn.Free(out)
	return tensors.CopyFlatData[float32](out)
}

// perPixel averages what squares have over those that each pixel is in.
func (s *Swap) perPixel(of func(SwapOutcome) float64) *counterfactual.Grid {
	p := s.result.Original
	sums, counts := make([]float64, p.Height*p.Width), make([]int, p.Height*p.Width)
	for _, q := range s.Squares {
		for y := q.Y; y < q.Y+s.Patch; y++ {
			for x := q.X; x < q.X+s.Patch; x++ {
				sums[y*p.Width+x] += of(q)
				counts[y*p.Width+x]++
			}
		}
	}
	g := &counterfactual.Grid{Height: p.Height, Width: p.Width, Channels: 1, Values: make([]float32, len(sums))}
	for i, sum := range sums {
		g.Values[i] = float32(sum / float64(counts[i]))
	}
	return g
}

// changes are the mean absolute differences of each pixel's channels between original and counterfactual.
func changes(r *counterfactual.Result) []float32 {
	channels := r.Original.Channels
	out := make([]float32, len(r.Original.Values)/channels)
	for i, v := range r.Original.Values {
		out[i/channels] += float32(math.Abs(float64(v)-float64(r.Counterfactual.Values[i])) / float64(channels))
	}
	return out
}

// correlation is Pearson's, NaN where either has no variance.
func correlation(a, b []float32) float64 {
	mean := func(v []float32) (sum float64) {
		for _, x := range v {
			sum += float64(x) / float64(len(v))
		}
		return sum
	}
	ma, mb := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i])-ma, float64(b[i])-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

// scale is the largest change of either map: both are drawn alike.
func (s *Swap) scale() float64 {
	most := 1e-12
	for _, v := range append(slices.Clone(s.Restored.Values), s.Inserted.Values...) {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

func (s *Swap) draw(g *counterfactual.Grid) image.Image {
	return viz.Signed(g, s.scale(), g.Width, g.Height)
}

// View has both pictures, what changed, and both maps.
func (s *Swap) View() viz.View {
	bar := viz.SignedBar(s.scale())
	return viz.Panels{Views: append(pair(s.result, fmt.Sprintf("logit %.2f", s.LogitBefore), fmt.Sprintf("logit %.2f", s.LogitAfter)),
		viz.Figure{Title: "original put back", Caption: "logit falls by", Picture: s.draw(s.Restored), Bar: bar},
		viz.Figure{Title: "counterfactual put in", Caption: "logit rises by", Picture: s.draw(s.Inserted), Bar: bar})}
}

// Drawings are swap.png and the two maps.
func (s *Swap) Drawings() []viz.Drawing {
	return []viz.Drawing{{Name: "swap", Image: s.View().Image()}, {Name: "swap-restored", Image: s.draw(s.Restored)}, {Name: "swap-inserted", Image: s.draw(s.Inserted)}}
}

// String tells which square matters most, and how well what changed is what decides.
func (s *Swap) String() string {
	most := slices.MaxFunc(s.Squares, func(a, b SwapOutcome) int { return cmp.Compare(a.Restored, b.Restored) })
	return fmt.Sprintf("the target's logit is %.2f, %.2f in the original; without the change in the %dx%d pixels from (%d, %d) on it falls by %.2f, the most;\n"+
		"correlation of the places that decide with those that changed: %.2f", s.LogitAfter, s.LogitBefore, s.Patch, s.Patch, most.X, most.Y, most.Restored, s.Alignment)
}
