// Package example makes whole results without a model, for tests of what shows them: as large, as detailed and as noisy as a method's.
package example

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"otherwise/counterfactual"
	"otherwise/datasets/picture"
	"otherwise/datasets/savanna"
)

// Sizes of a result: a picture in colour, and its latent.
const (
	Side       = 128
	LatentSide = 32
	Channels   = 3 // of picture and latent
)

// Steps is the length of the trace; frames of them keep their latent and picture.
const (
	Steps  = 30
	frames = 8
)

// classes are the animals of the savanna.
const classes = 6

// Savanna is a result as ECED and LDCE together would give: a drawn animal, and the same scene with another one. Fields adds what
// the methods' option trace_fields keeps.
func Savanna(seed uint64, fields bool) (*counterfactual.Result, error) {
	scene := savanna.Draw(seed, 0, savanna.Options{})
	target := scene.Class.Partner()
	before, err := floats(scene)
	if err != nil {
		return nil, err
	}
	after, err := floats(scene.As(target))
	if err != nil {
		return nil, err
	}
	d := drawer{random: rand.New(rand.NewPCG(seed, 0))}
	bump := func(side int) *counterfactual.Grid {
		return d.grid(side, 1, func(x, y, _ float64) float64 { return max(0, 1-math.Hypot(x-.5, y-.55)/.45) })
	}
	r := &counterfactual.Result{Method: "eced", Seed: seed, Original: before, Counterfactual: d.mix(before, after, .95), Reconstruction: d.mix(before, after, 0),
		Predicted: int(scene.Class), Target: int(target), ActivationMap: bump(Side), Mask: round(bump(Side)), LatentMask: round(bump(LatentSide)),
		Consensus: bump(LatentSide), Timings: []counterfactual.Timing{{Stage: "denoise", Duration: 1500 * time.Millisecond}}}
	for c := range classes {
		r.Classes = append(r.Classes, savanna.Class(c).String())
	}
	r.Before, r.After = make([]float64, len(r.Classes)), make([]float64, len(r.Classes))
	for c := range r.Classes {
		r.Before[c], r.After[c] = .01, .01
	}
	r.Before[r.Predicted], r.After[r.Target] = .95, .95
	for i := range Steps {
		share := float64(i) / (Steps - 1)
		s := counterfactual.Step{Stage: "denoise", Index: i, Total: Steps, TargetProbability: share * share, Loss: 4 * (1 - share), Kept: round(d.noise(1))}
		if counterfactual.IsFrame(i, Steps, frames) {
			s.Decoded, s.Latent, s.Cosines = new(d.mix(before, after, share)), d.noise(Channels), d.noise(1)
			for k, v := range s.Cosines.Values {
				s.Cosines.Values[k] = float32(math.Tanh(float64(v)))
			}
			if fields {
				s.Gradient, s.Direction, s.X0 = d.noise(Channels), d.noise(Channels), d.noise(Channels)
			}
		}
		r.Steps = append(r.Steps, s)
	}
	return r, nil
}

func floats(s savanna.Scene) (counterfactual.Picture, error) {
	values, err := picture.ToFloats(s.Render().Image, Channels)
	if err != nil {
		return counterfactual.Picture{}, fmt.Errorf("drawing a scene: %w", err)
	}
	return counterfactual.Picture{Height: Side, Width: Side, Channels: Channels, Values: values}, nil
}

// drawer draws with noise of its own.
type drawer struct{ random *rand.Rand }

// mix is between two pictures, with as much noise as an autoencoder leaves.
func (d drawer) mix(a, b counterfactual.Picture, share float64) counterfactual.Picture {
	out := a
	out.Values = make([]float32, len(a.Values))
	for i := range out.Values {
		v := (1-share)*float64(a.Values[i]) + share*float64(b.Values[i]) + .01*d.random.NormFloat64()
		out.Values[i] = float32(max(0, min(1, v)))
	}
	return out
}

// grid is a function of the place, 0 to 1 each side, and of the channel.
func (d drawer) grid(side, channels int, at func(x, y, c float64) float64) *counterfactual.Grid {
	g := &counterfactual.Grid{Height: side, Width: side, Channels: channels, Values: make([]float32, side*side*channels)}
	for i := range g.Values {
		x, y := i/channels%side, i/channels/side
		g.Values[i] = float32(at(float64(x)/float64(side), float64(y)/float64(side), float64(i%channels)))
	}
	return g
}

func (d drawer) noise(channels int) *counterfactual.Grid {
	return d.grid(LatentSide, channels, func(_, _, _ float64) float64 { return d.random.NormFloat64() })
}

// round makes a mask.
func round(g *counterfactual.Grid) *counterfactual.Grid {
	for i, v := range g.Values {
		g.Values[i] = float32(max(0, min(1, math.Round(float64(v)))))
	}
	return g
}
