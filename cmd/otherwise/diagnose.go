package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/diagnose"
	"otherwise/viz"
)

func newDiagnose() *cobra.Command {
	return family(&cobra.Command{
		Use:     "diagnose",
		GroupID: groupExplain,
		Short:   "Look at how a method came to its counterfactual",
		Long: `Explains a picture as "otherwise explain" does, with the same flags, and looks at what the method did. Each diagnosis writes
its pictures and its numbers (KIND.png and more, KIND.json) into a folder, beside those of others, and prints what it found.`,
		Example: `  otherwise diagnose strip --method ldce --dataset fashion --index 0 --target sneaker --out out/boot`,
	}, newDiagnoseSeeds(), newDiagnoseSwap(), newDiagnoseConsensus(), newDiagnoseConvergence(), newDiagnoseCAM(), newDiagnoseStrip())
}

// diagnosis is a command that explains a picture and looks at the run.
type diagnosis struct {
	problemFlags
	kind string
	look func(ctx context.Context, p *openProblem, log io.Writer) (*counterfactual.Result, viz.RunInfo, diagnose.Finding, error)
}

// command makes the command, for the given methods or all.
func (d *diagnosis) command(kind, short, long, example string, methods ...string) *cobra.Command {
	d.kind = kind
	cmd := &cobra.Command{
		Use:     kind,
		Short:   short,
		Long:    long,
		Example: example,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	d.addFlags(cmd, methods...)
	return cmd
}

func (d *diagnosis) run(ctx context.Context, out, log io.Writer) error {
	p, err := d.open(ctx, log)
	if err != nil {
		return err
	}
	defer p.close()
	r, info, finding, err := d.look(ctx, p, log)
	if err != nil {
		return err
	}
	if err := viz.WriteDiagnosis(d.out, viz.Diagnosis{Kind: d.kind, Drawings: finding.Drawings(), Finding: finding, Result: r, Info: info}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n%s\n%s\n", p.describe(r, info), finding, d.out)
	return err
}

// after is a look at a finished run.
func after(look func(ctx context.Context, p *openProblem, r *counterfactual.Result) (diagnose.Finding, error)) func(context.Context, *openProblem, io.Writer) (*counterfactual.Result, viz.RunInfo, diagnose.Finding, error) {
	return func(ctx context.Context, p *openProblem, log io.Writer) (*counterfactual.Result, viz.RunInfo, diagnose.Finding, error) {
		r, info, err := p.explain(ctx, p.method, p.problem, p.picked.id, log)
		if err != nil {
			return nil, info, nil, err
		}
		f, err := look(ctx, p, r)
		return r, info, f, err
	}
}

func newDiagnoseSeeds() *cobra.Command {
	d, count := &diagnosis{}, 0
	d.look = func(ctx context.Context, p *openProblem, log io.Writer) (*counterfactual.Result, viz.RunInfo, diagnose.Finding, error) {
		var seeds []uint64
		for i := range count {
			seeds = append(seeds, p.problem.Seed+uint64(i))
		}
		observe, done := watch(log, p.method.Name())
		s, err := diagnose.CompareSeeds(ctx, p.method, p.problem, seeds, observe)
		done()
		if err != nil {
			return nil, viz.RunInfo{}, nil, err
		}
		if err := p.confirm(s); err != nil {
			return nil, viz.RunInfo{}, nil, err
		}
		return s.Results[0], p.info(p.picked.id), s, nil
	}
	cmd := d.command("seeds", "Compare the counterfactuals of several seeds",
		`Explains a picture with several seeds, --seed and those after it. seeds.png has all counterfactuals, their mean and their standard
deviation, seeds.json the target's probabilities, how many flips the judge confirms, and the distances of each two.`,
		`  otherwise diagnose seeds --method ldce --dataset fashion --index 0 --target sneaker --count 8 --out out/boot`)
	cmd.Flags().IntVar(&count, "count", 5, "how many seeds, 2 or more")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if count < 2 {
			return fmt.Errorf("--count is %d; it takes two seeds to compare", count)
		}
		return nil
	}
	return cmd
}

// confirm asks the judge, where the bundle has one, about the counterfactuals.
func (p *openProblem) confirm(s *diagnose.Seeds) error {
	if p.judge == nil {
		return nil
	}
	var found []counterfactual.Picture
	for _, r := range s.Results {
		found = append(found, r.Counterfactual)
	}
	judged, err := p.judge.Probabilities(found...)
	if err != nil {
		return fmt.Errorf("asking the judge: %w", err)
	}
	return s.Confirm(judged)
}

func newDiagnoseSwap() *cobra.Command {
	d, o := &diagnosis{}, diagnose.SwapOptions{}
	d.look = after(func(ctx context.Context, p *openProblem, r *counterfactual.Result) (diagnose.Finding, error) {
		return diagnose.SwapRegions(ctx, p.Models, r, o)
	})
	cmd := d.command("swap", "Show which regions of the counterfactual decide",
		`Exchanges squares between original and counterfactual, one at a time and in both directions, and asks the classifier each time how
the target's logit changes (LDCE, appendix L). Where what changed is what decides, the maps of swap.png look like the difference.`,
		`  otherwise diagnose swap --method ldce --dataset fashion --index 0 --target sneaker --out out/boot --patch 4`)
	cmd.Flags().IntVar(&o.Patch, "patch", 0, "side of the squares in `pixels`; 0: a quarter of the picture's height (the paper's 64 of 256)")
	cmd.Flags().IntVar(&o.Stride, "stride", 0, "`pixels` from square to square; 0: half a square")
	return cmd
}

func newDiagnoseConsensus() *cobra.Command {
	d := &diagnosis{}
	d.look = after(func(_ context.Context, _ *openProblem, r *counterfactual.Result) (diagnose.Finding, error) {
		return diagnose.Agree(r)
	})
	return d.command("consensus", "Show how far classifier and diffusion model agree in each step of LDCE",
		`Explains a picture with LDCE. consensus.png has the share of locations that each step steers, and how the angles between the
classifier's direction and the diffusion model's spread at the steps of the trace (--set trace_frames=-1: at all).`,
		`  otherwise diagnose consensus --dataset fashion --index 0 --target sneaker --out out/boot --set trace_frames=-1`, "ldce")
}

func newDiagnoseConvergence() *cobra.Command {
	d := &diagnosis{}
	d.look = after(func(_ context.Context, _ *openProblem, r *counterfactual.Result) (diagnose.Finding, error) {
		return diagnose.Converge(r)
	})
	return d.command("convergence", "Show how ECED's background and foreground converge",
		`Explains a picture with ECED. convergence.png has the background's loss over stage B's steps, and the target's probability and the
loss over stage C's iterations.`,
		`  otherwise diagnose convergence --dataset fashion --index 0 --target sneaker --out out/boot`, "eced")
}

func newDiagnoseCAM() *cobra.Command {
	d, o, method := &diagnosis{}, cam.Options{}, string(cam.ScoreCAM)
	d.look = after(func(ctx context.Context, p *openProblem, r *counterfactual.Result) (diagnose.Finding, error) {
		o.Method = cam.Method(method)
		return diagnose.Attend(ctx, p.Models, r, o)
	})
	cmd := d.command("cam", "Show where the classifier looks in the counterfactual",
		`Makes activation maps of the original, for the class that it had and for the target, and of the counterfactual for the target.
cam.json tells what share of the last lies on the pixels that changed.`,
		`  otherwise diagnose cam --method eced --dataset fashion --index 0 --target sneaker --out out/boot --cam grad-cam`)
	addChoice(cmd, &method, "cam", "how the maps are made", words(cam.Methods())...)
	cmd.Flags().StringVar(&o.Layer, "layer", "", "`layer` of the maps (default the classifier's own)")
	return cmd
}

func newDiagnoseStrip() *cobra.Command {
	d := &diagnosis{}
	d.look = after(func(_ context.Context, _ *openProblem, r *counterfactual.Result) (diagnose.Finding, error) {
		return diagnose.Evolve(r)
	})
	return d.command("strip", "Show how latent and picture come to be, step by step",
		`Writes strip.png: for each frame of the trace the picture that the step implies, its change from the original, the latent's
channels and, for LDCE, where it was steered. --set trace_frames=12 keeps more frames.`,
		`  otherwise diagnose strip --method ldce --dataset fashion --index 0 --target sneaker --out out/boot`)
}
