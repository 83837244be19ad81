package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/diagnose"
	"otherwise/viz"
)

func newDemo() *cobra.Command {
	d := demoFlags{}
	plans := demoPlans()
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: groupExplain,
		Short:   "Explain a few test pictures with both methods",
		Long: `Explains a few test pictures, the first of each class that the classifier gets right, with LDCE and with ECED, and writes
index.html, one page with every picture, step and number in it, and a folder of PNGs beside it for each explanation.

The pictures are of procedural worlds, with the true counterfactual beside what was found; with --dataset fashion they are
Fashion-MNIST's, which is fetched if it isn't there.`,
		Example: `  otherwise demo --out out/demo
  otherwise demo --out out/demo --dataset fashion --count 2 --seed 7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.run(cmd.Context(), plans[d.dataset], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.out, "out", "out/demo", "`folder` for the page and the pictures")
	d.dataset = demoWorlds
	addChoice(cmd, &d.dataset, "dataset", "what the pictures are of", slices.Sorted(maps.Keys(plans))...)
	f.IntVar(&d.count, "count", plans[demoWorlds].usual, fmt.Sprintf("how many pictures, 1 to %d", plans[demoWorlds].size()))
	f.Uint64Var(&d.seed, "seed", 0, "decides all randomness")
	f.StringVar(&d.data, "data", "", dataFlag)
	return cmd
}

type demoFlags struct {
	out, data, dataset string
	count              int
	seed               uint64
}

func (d *demoFlags) run(ctx context.Context, plan demoPlan, out, log io.Writer) error {
	plan, err := plan.first(d.count)
	if err != nil {
		return err
	}
	if err := checkFolder(d.out); err != nil {
		return err
	}
	var items []viz.ReportItem
	failed := 0
	for _, g := range plan.groups {
		some, failures, err := d.explainGroup(ctx, g, out, log)
		if err != nil {
			return err
		}
		items, failed = append(items, some...), failed+failures
	}
	page := filepath.Join(d.out, "index.html")
	if err := viz.WriteReport(page, plan.title, items, plan.note); err != nil {
		return err
	}
	fmt.Fprintf(out, "Look at %s\n", page)
	if failed > 0 {
		return fmt.Errorf("%d explanations failed; the page says why", failed)
	}
	return nil
}

// explainGroup explains the pictures of a group with both methods.
func (d *demoFlags) explainGroup(ctx context.Context, g demoGroup, out, log io.Writer) (items []viz.ReportItem, failed int, err error) {
	w, err := g.models.world()
	if err != nil {
		return nil, 0, err
	}
	set, err := openDataset(ctx, g.dataset, d.data, datasets.Test, w, log)
	if err != nil {
		return nil, 0, err
	}
	b, err := openBench(ctx, g.models)
	if err != nil {
		return nil, 0, err
	}
	defer b.close()
	problems := []demoProblem{}
	for _, pair := range g.pairs {
		p, err := b.demoProblem(set, pair)
		if err != nil {
			return nil, 0, err
		}
		p.Seed = d.seed
		problems = append(problems, p)
	}
	fmt.Fprintln(log, compiling)
	return d.explainAll(ctx, b, problems, out, log)
}

// explainAll solves every problem with every method and tells on out how each ended, and how many failed.
func (d *demoFlags) explainAll(ctx context.Context, b *bench, problems []demoProblem, out, log io.Writer) (items []viz.ReportItem, failed int, err error) {
	methods := []counterfactual.Method{} // made once: each has programs to compile
	for _, name := range bundle.PaperMethods() {
		m, err := b.method(name, nil)
		if err != nil {
			return nil, 0, err
		}
		methods = append(methods, m)
	}
	var preparing errgroup.Group
	for _, m := range methods {
		preparing.Go(func() error { return m.Prepare(ctx, problems[0].Picture) })
	}
	if err := preparing.Wait(); err != nil {
		if ctx.Err() != nil {
			err = d.stopped(ctx)
		}
		return nil, 0, err
	}
	// One explanation of a small picture keeps one core busy: as many run at once as there are cores.
	items = make([]viz.ReportItem, len(problems))
	told := &tally{out: out, log: log, total: len(problems) * len(methods), begun: time.Now()}
	var running errgroup.Group
	running.SetLimit(runtime.NumCPU())
	for i, p := range problems {
		items[i] = viz.ReportItem{Title: p.from + " → " + p.to, Runs: make([]viz.Run, len(methods))}
	}
	for k, method := range slices.Backward(methods) { // ECED takes longest, so it begins, and LDCE fills the gaps
		for i, p := range problems {
			running.Go(func() error {
				run, err := d.explain(ctx, b, method, p, io.Discard)
				if err != nil {
					return err
				}
				items[i].Runs[k] = run
				if run.Err != nil {
					told.failed(fmt.Sprintf("%s: %s -> %s: failed: %v", run.Method, p.from, p.to, run.Err))
				} else {
					told.done(b.describe(run.Result, run.Info))
				}
				return nil
			})
		}
	}
	err = running.Wait()
	return items, told.failures, err
}

// tally tells how each explanation ended, and how long the rest will take.
type tally struct {
	out, log io.Writer
	total    int
	begun    time.Time

	mu              sync.Mutex
	ended, failures int
}

func (t *tally) failed(line string) {
	t.mu.Lock()
	t.failures++
	t.mu.Unlock()
	t.done(line)
}

func (t *tally) done(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended++
	fmt.Fprintln(t.out, line)
	if left := t.total - t.ended; left > 0 {
		each := time.Since(t.begun) / time.Duration(t.ended)
		fmt.Fprintf(t.log, "%d of %d explained, about %s left\n", t.ended, t.total, (each * time.Duration(left)).Round(time.Second))
	}
}

// demoProblem finds the first test picture of a class that the classifier gets right.
func (b *bench) demoProblem(set datasets.Labelled, pair demoPair) (demoProblem, error) {
	label, err := datasets.ClassByName(pair.from, b.Classes)
	if err != nil {
		return demoProblem{}, err
	}
	target, err := datasets.ClassByName(pair.to, b.Classes)
	if err != nil {
		return demoProblem{}, err
	}
	for i := range set.Len() {
		if set.Label(i) != label {
			continue
		}
		sample, err := set.Sample(i)
		if err != nil {
			return demoProblem{}, err
		}
		pic, err := b.Picture(sample.Image)
		if err != nil {
			return demoProblem{}, fmt.Errorf("%s: %w", sample.ID, err)
		}
		said, err := b.classifier.Probabilities(pic)
		if err != nil {
			return demoProblem{}, fmt.Errorf("%s: %w", sample.ID, err)
		}
		if counterfactual.ArgMax(said[0]) == label {
			return demoProblem{Problem: counterfactual.Problem{Picture: pic, Target: target}, demoPair: pair, id: sample.ID, set: set, index: i}, nil
		}
	}
	return demoProblem{}, fmt.Errorf("the classifier gets no test picture of the class %q right", pair.from)
}

// demoProblem is a problem of the demo: a sample of the class from, that is to become one of the class to.
type demoProblem struct {
	counterfactual.Problem
	demoPair
	id    string
	set   datasets.Labelled // of which it is
	index int               // the sample
}

// folder names the folder for a method's explanation.
func (p demoProblem) folder(method string) string {
	return strings.NewReplacer(" ", "-", "/", "-").Replace(strings.ToLower(p.from + " to " + p.to + " " + method))
}

// stopped is the error of a demo whose context ended.
func (d *demoFlags) stopped(ctx context.Context) error {
	return fmt.Errorf("demo stopped: %w; an earlier index.html in %s is as it was", ctx.Err(), d.out)
}

// explain solves a problem with one method and writes its folder. What the method can't do is the run's error; the context
// and the disk are the demo's.
func (d *demoFlags) explain(ctx context.Context, b *bench, method counterfactual.Method, p demoProblem, log io.Writer) (viz.Run, error) {
	run := viz.Run{Method: method.Name()}
	run.Result, run.Info, run.Err = b.explain(ctx, method, p.Problem, p.id, log)
	if ctx.Err() != nil {
		return run, d.stopped(ctx)
	}
	if run.Err != nil {
		return run, nil
	}
	var err error
	if run.Result.Failure, err = diagnose.WhyNot(ctx, b.Models, run.Result, diagnose.WhyNotOptions{}); err != nil {
		return run, err
	}
	if err := b.addTruth(run.Result, p.set, p.index); err != nil {
		return run, err
	}
	return run, viz.WriteResult(filepath.Join(d.out, p.folder(run.Method)), run.Result, run.Info)
}
