package viz

import (
	"image"
	"image/color"
	"math"
	"testing"
	"time"

	"otherwise/counterfactual"
)

var classNames = []string{"circle", "square", "<b>bold</b> & co", "star", "cross", "ring"}

// shape is a grey picture of a disc (class 0) that becomes a square (class 1) as share goes from 0 to 1.
func shape(side int, share float64) counterfactual.Picture {
	p := counterfactual.Picture{Height: side, Width: side, Channels: 1}
	half := float64(side-1) / 2
	for i := range side * side {
		x, y := math.Abs(float64(i%side)-half)/half, math.Abs(float64(i/side)-half)/half
		distance := (1-share)*math.Hypot(x, y) + share*max(x, y)
		p.Values = append(p.Values, float32(max(0, min(1, 4*(.75-distance)))))
	}
	return p
}

func grid(width, height, channels int, at func(x, y, c int) float64) *counterfactual.Grid {
	g := &counterfactual.Grid{Height: height, Width: width, Channels: channels}
	for i := range width * height * channels {
		g.Values = append(g.Values, float32(at(i/channels%width, i/channels/width, i%channels)))
	}
	return g
}

// fixture is a whole result of a method, of pictures of 32x32 grey pixels and latents of 8x8x4.
func fixture(method string) *counterfactual.Result {
	stages := map[string][]string{"ldce": {"denoise"}, "eced": {"background", "adversarial"}}[method]
	r := &counterfactual.Result{
		Method: method, Seed: 7, Classes: classNames, Predicted: 0, Target: 1,
		Original: shape(32, 0), Counterfactual: shape(32, .9), Reconstruction: shape(32, .05),
		Before:  []float64{.9, .05, .02, .01, .01, .01},
		After:   []float64{.1, .85, .02, .01, .01, .01},
		Timings: []counterfactual.Timing{{Stage: "encode", Duration: 250 * time.Millisecond}, {Stage: stages[0], Duration: 1500 * time.Millisecond}},
		Options: map[string]any{"guidance_scale": 3, "steps": 50},
	}
	bump := func(x, y, _ int) float64 { return max(0, 1-math.Hypot(float64(x)-16, float64(y)-16)/14) }
	if method == "eced" {
		r.ActivationMap = grid(32, 32, 1, bump)
		r.Mask = grid(32, 32, 1, func(x, y, _ int) float64 { return math.Round(bump(x, y, 0)) })
		r.LatentMask = grid(8, 8, 1, func(x, y, _ int) float64 { return math.Round(bump(4*x, 4*y, 0)) })
	} else {
		r.Consensus = grid(8, 8, 1, func(x, y, _ int) float64 { return bump(4*x, 4*y, 0) })
	}
	const total = 20
	for _, stage := range stages {
		for i := range total {
			share := float64(i) / (total - 1)
			step := counterfactual.Step{Stage: stage, Index: i, Total: total, TargetProbability: .05 + .8*share*share}
			if i%2 == 0 || i == total-1 {
				decoded := shape(32, share)
				step.Decoded = &decoded
				step.Latent = grid(8, 8, 4, func(x, y, c int) float64 { return 3 * math.Sin(float64(x*(c+1)+y)+6*share) })
			}
			r.Steps = append(r.Steps, step)
		}
	}
	return r
}

func pointer[T any](v T) *T { return &v }

// wantColor fails unless a pixel has a colour, each channel within tolerance.
func wantColor(t *testing.T, img image.Image, x, y int, want color.RGBA, tolerance int) {
	t.Helper()
	got := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B), int(got.A) - int(want.A)} {
		if d > tolerance || d < -tolerance {
			t.Errorf("pixel (%d, %d) is %v, want %v", x, y, got, want)
			return
		}
	}
}

func wantSize(t *testing.T, img image.Image, width, height int) {
	t.Helper()
	if got := img.Bounds(); got != image.Rect(0, 0, width, height) {
		t.Errorf("bounds are %v, want %dx%d from (0, 0)", got, width, height)
	}
}
