package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/viz"
)

func newExplain() *cobra.Command {
	var e explainFlags
	cmd := &cobra.Command{
		Use:     "explain",
		GroupID: groupExplain,
		Short:   "Find the nearest plausible picture of another class",
		Long: `Finds a counterfactual of a picture with LDCE or ECED, or with a method beside them, and writes it with all that led to
it into a folder: original.png, counterfactual.png, difference.png, the mask and the activation map (ECED), the consensus
map (LDCE), pasted.png (the original around the mask; methods that report it), truth.png (the true counterfactual, of a
sample of a procedural world), the sheets overview.png, steps.png and
latents.png, and result.json with numbers, seed and options.

The methods, and what they may be called (docs/methods.md has more):
` + methodHelp() + `

The options of the method are those that its bundle stores; --options and --set change them. A picture from a file is
fitted to the models. The shipped models know bright garments on black, so a picture with a bright border is taken as its
negative unless --invert says otherwise, if the models are of grey pictures on black.

` + targetHelp + `

Exit codes: 0 the class flipped, 1 an error, 2 a mistake in the command line, 3 no counterfactual found (the files are
written all the same), 130 interrupted.`,
		Example: `  otherwise explain --method ldce --dataset fashion --index 0 --target sneaker --out out/boot
  otherwise explain --method eced --image coat.jpg --target pullover --out out/coat --seed 3
  otherwise explain --method ldce --bundle models/faces/bundle --task Young --dataset faces --index 3 --target old --out out/face
  otherwise explain --method ldce --image coat.jpg --target pullover --out out/coat --set guidance_scale=3 --set gamma=60
  otherwise explain --method ldce --dataset fashion --index 6 --target features --target-among 1 --out out/near
  otherwise explain --method ldce --bundle ldce-imagenet-cls --image zebra.jpg --target wordnet --out out/zebra`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	addChoice(cmd, &e.method, "method", "how to search", bundle.MethodNames()...)
	e.models.addFlags(cmd)
	e.from.addFlags(cmd)
	e.to.addFlags(cmd)
	f.StringVar(&e.out, "out", "", "`folder` for the pictures")
	f.Uint64Var(&e.seed, "seed", 0, "decides all randomness: the same seed gives the same picture on the same backend")
	e.overrides.addFlags(cmd)
	required(cmd, "method", "target", "out")
	return cmd
}

// methodHelp lists the methods by name and title, with what must be known of them, said once.
func methodHelp() string {
	var text strings.Builder
	said := map[string]bool{}
	for _, m := range bundle.Methods() {
		fmt.Fprintf(&text, "  %-11s %s\n", m.Name, m.Title)
		if m.Note != "" && !said[m.Note] {
			fmt.Fprintf(&text, "  %-11s (%s)\n", "", m.Note)
		}
		said[m.Note] = true
	}
	return text.String()
}

type explainFlags struct {
	method, out string
	models      bundleFlags
	to          targetFlags
	from        source
	seed        uint64
	overrides   overrides
}

func (e *explainFlags) run(ctx context.Context, out, log io.Writer) error {
	// What can be wrong comes first, in the order of what it costs to find out.
	if err := checkFolder(e.out); err != nil {
		return err
	}
	overrides, err := e.overrides.json()
	if err != nil {
		return err
	}
	picked, err := e.from.read(ctx, e.models)
	if err != nil {
		return err
	}
	b, err := openBench(ctx, e.models)
	if err != nil {
		return err
	}
	defer b.close()
	choose, err := e.to.chooser(ctx, b, picked.set)
	if err != nil {
		return err
	}
	method, err := b.method(e.method, overrides)
	if err != nil {
		return err
	}
	pic, err := picked.fit(b)
	if err != nil {
		return err
	}
	fmt.Fprintln(log, picked)
	said, err := b.classifier.Probabilities(pic)
	if err != nil {
		return err
	}
	target, err := choose(ctx, pic, said[0], e.seed)
	if err != nil {
		return err
	}
	if err := b.Models.CheckTarget(said[0], target); err != nil {
		return err
	}
	fmt.Fprintln(log, compiling)
	if err := method.Prepare(ctx, pic); err != nil {
		return err
	}
	r, info, err := b.explain(ctx, method, counterfactual.Problem{Picture: pic, Target: target, Seed: e.seed}, picked.id, log)
	if err != nil {
		return err
	}
	if err := b.addTruth(r, picked.set, e.from.index); err != nil {
		return err
	}
	if err := viz.WriteResult(e.out, r, info); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n%s\n", b.describe(r, info), e.out)
	if r.Note != "" {
		fmt.Fprintf(out, "(%s)\n", r.Note)
	}
	if !r.Flipped() {
		return errNotFlipped
	}
	return nil
}

// compiling warns of the wait before the first step.
const compiling = "First the programs are compiled; that takes a few seconds."

// explain solves a problem with its progress on log, and asks the judge what it says of the result.
func (b *bench) explain(ctx context.Context, method counterfactual.Method, p counterfactual.Problem, id string, log io.Writer) (*counterfactual.Result, viz.RunInfo, error) {
	info := viz.RunInfo{Version: buildVersion(), Bundle: b.Name, BundleHash: b.Hash, Backend: b.backend.Description(), Image: id}
	observe, done := watch(log, method.Name())
	r, err := method.Explain(ctx, p, observe)
	done()
	if err != nil {
		return nil, info, err
	}
	info.Confirmed, info.JudgeProbability, err = b.verdict(r.Counterfactual, p.Target)
	return r, info, err
}

// addTruth puts the true counterfactual of sample index beside what was found, where the set is a world that knows it.
func (b *bench) addTruth(r *counterfactual.Result, set datasets.Dataset, index int) error {
	meter := b.truthMeter(set)
	if meter == nil {
		return nil
	}
	_, truth, err := meter.counterfactual(index, r.Target)
	r.Truth = &truth
	return err
}

// describe tells in a line how an explanation ended.
func (b *bench) describe(r *counterfactual.Result, info viz.RunInfo) string {
	verdict := "no counterfactual found"
	switch {
	case !r.Flipped():
	case info.Confirmed == nil:
		verdict = "flipped"
	case *info.Confirmed:
		verdict = "flipped, and the judge agrees"
	default:
		verdict = "flipped, but the judge does not agree"
	}
	return fmt.Sprintf("%s: %s -> %s: %s; target %.3f -> %.3f, %.1f s", cmp.Or(r.Title, r.Method),
		b.Classes[r.Predicted], b.Classes[r.Target], verdict, r.Before[r.Target], r.After[r.Target], r.Seconds())
}
