package counterfactual

import "time"

// Grid is a small array of numbers over a picture or a latent: values [height, width] or, with Channels > 1,
// [height, width, channels], row-major.
type Grid struct {
	Height, Width, Channels int
	Values                  []float32
}

// Result is what a method found.
type Result struct {
	Method string // its name in options and command lines, such as "ldce"
	Title  string // what it may be called where that says more than the name, such as "ACE-style, latent"; else empty
	Note   string // what must be known before its result is read; mostly empty
	Seed   uint64

	Original       Picture
	Counterfactual Picture
	// Reconstruction is the original through the autoencoder alone (in ECED, with background and decoder fitted), to
	// tell its losses from the method's changes.
	Reconstruction Picture

	// Truth is the true counterfactual, put here by those who know it, as one does in a procedural world; nil elsewhere.
	Truth *Picture

	// Pasted is the counterfactual with the original put back outside the mask, without the autoencoder's error there. Nil for
	// methods that report none.
	Pasted *Pasted

	Classes           []string // the names of the classes, in order
	Predicted, Target int
	Before, After     []float64 // class probabilities of Original and Counterfactual

	// ActivationMap [height, width] in [0, 1], Mask [height, width] of 0 and 1 and LatentMask, the same on the latent's
	// grid, are ECED's and other methods' with masks: 1 is foreground, where the picture may change. Nil in LDCE.
	ActivationMap, Mask, LatentMask *Grid
	// Region is what ActivationMap shows: [RegionActivation], or [RegionDiffEdit]; empty where no map was asked for.
	Region string
	// Consensus [latent height, latent width] is LDCE's: the share of steps in which a location was steered. Nil in other methods, and where
	// LDCE filters nothing.
	Consensus *Grid

	// Failure is why no counterfactual was found, where that was asked (see package diagnose); nil where one was.
	Failure *Failure

	Steps   []Step
	Timings []Timing
	Options any // the method's options, with every default filled in
}

// Pasted is a counterfactual with the original around its mask, and what the classifier says of it.
type Pasted struct {
	Picture Picture
	After   []float64
}

// Flipped reports whether the classifier gives the counterfactual the target class.
func (r *Result) Flipped() bool { return ArgMax(r.After) == r.Target }

// Elapsed is the time of all stages together.
func (r *Result) Elapsed() time.Duration {
	var total time.Duration
	for _, t := range r.Timings {
		total += t.Duration
	}
	return total
}

// Seconds is Elapsed in seconds.
func (r *Result) Seconds() float64 { return r.Elapsed().Seconds() }

// Timing is how long a stage took.
type Timing struct {
	Stage    string        `json:"stage"`
	Duration time.Duration `json:"-"`
}

// Step is the state after one step of a method: a denoising step in LDCE, an iteration in ECED.
type Step struct {
	Problem int    // position in a batch, 0 for a single problem
	Stage   string // "denoise", "background" or "adversarial"
	Index   int    // counts from 0 within a stage
	Total   int    // steps in the stage

	Loss              float64 // what the stage minimises; for LDCE minus the target's log-probability
	TargetProbability float64 // of the picture that this step saw

	// Latent and Decoded are the step's latent and the clean picture it implies, kept for the frames of a trace only
	// (see Observer), else nil. Kept is the step's consensus mask (LDCE).
	Latent  *Grid
	Decoded *Picture
	Kept    *Grid
	// Cosines are those of the angles that Kept follows from (LDCE), one for each patch, NaN where there is no angle; for the frames of
	// a trace only.
	Cosines *Grid
	// Gradient and Direction, [height, width, channels] of the latent, and X0 are kept for the frames of a trace where a method's option
	// trace_fields asks for them, else nil. Gradient is the classifier's: in LDCE that of the target's log-probability by the latent, in ECED
	// that of the loss by the foreground's latent, pruned to the mask. Direction is LDCE's, the implicit classifier's gradient up to its
	// scale: the unconditional noise estimate minus the conditional one. Cosines are those of the angles between the two. X0 is LDCE's too,
	// the clean latent that Decoded is decoded from.
	Gradient, Direction, X0 *Grid
	// Pull is what moved the latent. Nil where a method doesn't tell.
	Pull *Pull
}

// Pull are the lengths (Euclidean norms) of what moves a latent in one step: why a step goes where it goes.
type Pull struct {
	// Classifier is, in LDCE, the length of the classifier's term, weighted, after the consensus filter; in ECED that of the gradient
	// by the last latent, inside the mask.
	Classifier float64
	Distance   float64 // of the distance's term, weighted (LDCE)
	Unmasked   float64 // of the same gradient without the mask (ECED)
}

// Observer is called after each step, in order, from the goroutine that runs the method. An error it returns ends the
// run with that error. It is how progress, traces and live display watch a method.
type Observer func(Step) error
