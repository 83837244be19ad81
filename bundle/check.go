package bundle

import (
	"context"
	"fmt"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/diffusion"
	"otherwise/nn"
)

// Trial is what running one part of a bundle once showed.
type Trial struct {
	Part       string // denoiser, encoder, decoder, conditioner, classifier, judge or encoder
	Input      string // shapes
	Output     string
	Parameters int           // scalars; of the whole network
	Bytes      int64         // that they take on the device
	First      time.Duration // compiling, and the first run
	Run        time.Duration // the result and, but for the conditioner's, its gradient by the input, compiled
	Broken     string        // what is wrong with the numbers that came out, "" for nothing
}

// Try runs every part of the bundle on one picture of its size, with its gradient by the input, and reports each. It ends at
// the first that fails, or with the context between two of them.
func (b *Bundle) Try(ctx context.Context, report func(Trial)) error {
	m := b.Models.Diffusion
	picture := []int{1, b.Frame.Height, b.Frame.Width, b.Frame.Channels}
	latent := m.LatentDims(1, b.Frame.Height, b.Frame.Width)
	tokens, err := b.tryConditioner(report)
	if err != nil {
		return err
	}
	defer nn.Free(tokens)
	trials := []trial{
		{NetDenoiser, m.DenoiserParams, noise("latent", latent), []any{[]int32{1}, tokens}, func(s nn.Scope, x *Node, a []*Node) *Node {
			return m.Denoiser.Eps(s, x, a[0], a[1])
		}},
		{"encoder", m.AutoencoderParams, noise("picture", picture), nil, func(s nn.Scope, x *Node, _ []*Node) *Node {
			mean, _ := m.Autoencoder.Encode(s, Tanh(x))
			return mean
		}},
		{"decoder", m.AutoencoderParams, noise("latent", latent), nil, func(s nn.Scope, x *Node, _ []*Node) *Node {
			return m.Autoencoder.Decode(s, x)
		}},
		classifierTrial(NetClassifier, b.Models.Classifier, picture),
	}
	if b.Judge != nil {
		trials = append(trials, classifierTrial(NetJudge, b.Judge, picture))
	}
	if e := b.Encoder; e != nil {
		trials = append(trials, trial{NetEncoder, e.Params, noise("picture", picture), nil, func(s nn.Scope, x *Node, _ []*Node) *Node {
			return e.Network.Embed(s, e.Network.Preprocess(Sigmoid(x)))
		}})
	}
	for _, t := range trials {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := t.run(b)
		if err != nil {
			return fmt.Errorf("%s: %w", t.part, err)
		}
		report(r)
	}
	return nil
}

// trial is a part with an input to run it on.
type trial struct {
	part   string
	params *nn.Params
	input  *tensors.Tensor
	more   []any
	build  func(s nn.Scope, x *Node, more []*Node) *Node
}

func classifierTrial(name string, c *classify.Classifier, picture []int) trial {
	return trial{name, c.Params, noise("picture", picture), nil, func(s nn.Scope, x *Node, _ []*Node) *Node {
		return c.Logits(s, Sigmoid(x))
	}}
}

func (t trial) run(b *Bundle) (Trial, error) {
	defer nn.Free(t.input)
	program := nn.NewProgram(b.Models.Backend, t.part, func(s []nn.Scope, a []*Node) []*Node {
		y := t.build(s[0], a[0], a[1:])
		return []*Node{y, Gradient(ReduceAllSum(Square(y)), a[0])[0]}
	})
	r := Trial{Part: t.part, Input: fmt.Sprint(t.input.Shape()), Parameters: t.params.Size(), Bytes: byteSize(t.params)}
	var durations [2]time.Duration
	for i := range durations {
		began := time.Now()
		out, err := program.Call([]*nn.Params{t.params}, append([]any{t.input}, t.more...)...)
		if err != nil {
			return r, err
		}
		r.Output = fmt.Sprint(out[0].Shape())
		for what, value := range map[string]*tensors.Tensor{"result": out[0], "gradient": out[1]} {
			if err := allFinite(value); err != nil {
				r.Broken = fmt.Sprintf("the %s %v", what, err)
			}
		}
		durations[i] = time.Since(began)
		nn.Free(out...)
	}
	r.First, r.Run = durations[0], durations[1]
	return r, nil
}

// tryConditioner makes the tokens of the first class.
func (b *Bundle) tryConditioner(report func(Trial)) (*tensors.Tensor, error) {
	r := Trial{Part: "conditioner", Input: fmt.Sprintf("class %q", b.Classes[0])}
	var tokens *tensors.Tensor
	var err error
	for _, duration := range []*time.Duration{&r.First, &r.Run} {
		nn.Free(tokens)
		began := time.Now()
		if tokens, err = b.Models.Diffusion.Conditioner.Tokens([]int{0}); err != nil {
			return nil, fmt.Errorf("conditioner: %w", err)
		}
		if err := allFinite(tokens); err != nil {
			r.Broken = fmt.Sprintf("the result %v", err)
		}
		*duration = time.Since(began)
	}
	r.Output = fmt.Sprint(tokens.Shape())
	if texts, is := b.Models.Diffusion.Conditioner.(*diffusion.TextConditioner); is {
		for _, cut := range texts.Truncated() {
			r.Broken = cut.String()
		}
	}
	report(r)
	return tokens, nil
}

// noise is a seeded normal input.
func noise(name string, dims []int) *tensors.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "check/"+name, n), dims...)
}

// allFinite reads a result and finds numbers that are none.
func allFinite(t *tensors.Tensor) error {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return err
	}
	for i, v := range values {
		if v-v != 0 { // NaN or infinite
			return fmt.Errorf("is %g at %d of %d", v, i, len(values))
		}
	}
	return nil
}

func byteSize(p *nn.Params) int64 {
	var n int64
	for _, t := range p.Tensors() {
		n += t.ByteSize()
	}
	return n
}
