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
	"otherwise/diagnose"
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
latents.png, and result.json with numbers, seed and options. Where none is found it says why, by what was measured, and which
option to change.

The methods, and what they may be called (docs/methods.md has more):
` + methodHelp() + `

The options of the method are those that its bundle stores; --options and --set change them. A picture from a file is
fitted to the models. Models of grey pictures, such as Fashion-MNIST's, know bright things on black, so a picture with a bright border
is taken as its negative there, unless --invert says otherwise.

` + targetHelp + `

Exit codes: 0 the class flipped, 1 an error, 2 a mistake in the command line, 3 no counterfactual found (the files are
written all the same), 130 interrupted.`,
		Example: `  otherwise explain --method ldce --dataset savanna --index 0 --target sorrel --out out/zebra
  otherwise explain --method eced --bundle fashion --image coat.jpg --target pullover --out out/coat --seed 3
  otherwise explain --method ldce --task Young --dataset faces --index 3 --target old --out out/face
  otherwise explain --method ldce --bundle fashion --image coat.jpg --target pullover --out out/coat --set guidance_scale=3 --set gamma=60
  otherwise explain --method ldce --dataset fashion --index 6 --target features --target-among 1 --out out/near
  otherwise explain --method ldce --bundle ldce-imagenet-cls --image zebra.jpg --target wordnet --out out/zebra`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	e.addFlags(cmd)
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

type explainFlags struct{ problemFlags }

func (e *explainFlags) run(ctx context.Context, out, log io.Writer) error {
	p, err := e.open(ctx, log)
	if err != nil {
		return err
	}
	defer p.close()
	r, info, err := p.explain(ctx, p.method, p.problem, p.picked.id, log)
	if err != nil {
		return err
	}
	if r.Failure, err = diagnose.WhyNot(ctx, p.Models, r, diagnose.WhyNotOptions{}); err != nil {
		return err
	}
	if err := p.addTruth(r, p.picked.set, e.from.index); err != nil {
		return err
	}
	if err := viz.WriteResult(e.out, r, info); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n%s\n", p.describe(r, info), e.out)
	if r.Note != "" {
		fmt.Fprintf(out, "(%s)\n", r.Note)
	}
	if r.Failure != nil {
		fmt.Fprintln(out, r.Failure)
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
	info := b.info(id)
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

// info is what files say of a run on a picture.
func (b *bench) info(id string) viz.RunInfo {
	return viz.RunInfo{Version: buildVersion(), Bundle: b.Name, BundleHash: b.Hash, Backend: b.backend.Description(), Image: id}
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
