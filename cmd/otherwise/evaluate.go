package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
)

// both stands for the two papers' methods, every for all methods, where a command takes one or several.
const (
	both  = "both"
	every = "all"
)

func newEvaluate() *cobra.Command {
	e := evaluateFlags{dataset: bundle.Default}
	cmd := &cobra.Command{
		Use:     "evaluate",
		GroupID: groupModels,
		Short:   "Measure how well a method explains many test pictures",
		Long: `Explains the first test pictures of every class, each with the second most likely class as its target unless --target
says otherwise, and prints the flip ratio, the share of flips that the judge confirms (ratios are of all pictures), and, over the pictures that did
not fail, the mean L1 and L2 distance (sum of |d|, square root of the sum of d squared; channel values in [0, 1]), for
methods with masks the mean absolute change outside the mask, COUT (-1 to 1; higher is better), the similarity of original
and counterfactual (the cosine of their features in the network that --encoder names; 1 for an unchanged picture), the steps
of each stage, and the seconds a picture (without compiling). --method both measures LDCE and ECED, --method all every method;
--format markdown prints a row for each.

In a procedural world, for a bundle of its classes, the target is the class that differs least (zebra and sorrel), and the
table tells how near to the true counterfactual the method comes, beside the unchanged picture and any picture of the
target class, by pixels and, for a bundle with an encoder, by its features; how what changed, the mask and the consensus
overlap with what really decides; how many other factors the judge finds as they were; and, for a bundle with a biased classifier,
how much of the change lies where the planted factor shows. --classifier biased explains that classifier.

With --out FILE.json it writes the same there, and every finished picture to FILE.jsonl: the same command goes on where
it was interrupted. Picture N is explained with the seed --seed + N.

` + targetHelp + ` By default those are the measured pictures themselves.`,
		Example: `  otherwise evaluate --method both --count 200 --out out/evaluation.json
  otherwise evaluate --method all --count 100 --format markdown --out out/methods.json
  otherwise evaluate --method ldce --count 20 --set guidance_scale=3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.run(cmd.Context(), commandLine(cmd), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	addChoice(cmd, &e.method, "method", "method to measure", append(bundle.MethodNames(), both, every)...)
	required(cmd, "method")
	e.models.addFlags(cmd)
	addDataset(cmd, &e.dataset)
	f.StringVar(&e.data, "data", "", dataFlag)
	e.split = string(datasets.Test)
	addChoice(cmd, &e.split, "split", "part of the data set; options are chosen on train", string(datasets.Test), string(datasets.Train))
	f.IntVar(&e.count, "count", 200, "how many pictures")
	f.Uint64Var(&e.seed, "seed", 0, "decides all randomness")
	f.StringVar(&e.out, "out", "", "`FILE.json` for the results")
	e.format = formatText
	addChoice(cmd, &e.format, "format", "how results are printed: a column for each method, or a Markdown row", formatText, formatMarkdown)
	e.to.addFlags(cmd)
	e.overrides.addFlags(cmd)
	return cmd
}

type evaluateFlags struct {
	method, dataset, data, split, out string
	format                            string
	models                            bundleFlags
	to                                targetFlags
	count                             int
	seed                              uint64
	overrides                         overrides
}

// evaluationReport is what --out gets.
type evaluationReport struct {
	Command    string          `json:"command"`
	Bundle     string          `json:"bundle"`
	BundleHash string          `json:"bundle_hash"`
	Task       string          `json:"task,omitempty"`
	Classifier string          `json:"classifier,omitempty"` // beside the task's own
	Overrides  json.RawMessage `json:"overrides,omitempty"`  // of the bundle's options
	Encoder    string          `json:"encoder,omitempty"`    // whose features the similarity compares
	Methods    []summary       `json:"methods"`
}

func (f *evaluateFlags) run(ctx context.Context, command string, out, log io.Writer) (err error) {
	names, logPath, err := f.check()
	if err != nil {
		return err
	}
	overrides, err := f.overrides.json()
	if err != nil {
		return err
	}
	models := f.models.of(f.dataset)
	w, err := models.world()
	if err != nil {
		return err
	}
	set, err := openDataset(ctx, f.dataset, f.data, datasets.Split(f.split), w, nil)
	if err != nil {
		return err
	}
	b, err := openBench(ctx, models)
	if err != nil {
		return err
	}
	defer b.close()
	running := []counterfactual.Method{}
	for _, name := range names {
		m, err := b.method(name, overrides)
		if err != nil {
			return err
		}
		running = append(running, m)
	}
	choose := chooser(nil)
	if f.to.target != "" {
		if choose, err = f.to.chooser(ctx, b, set); err != nil {
			return err
		}
	}
	embedder, encoder, err := b.embedder(f.to.encoder)
	if err != nil {
		return err
	}
	program, err := programHash()
	if err != nil {
		return err
	}
	finished, err := openLog(logPath, identity{program, b.Hash, b.Task, b.Classifier, set.Name(), f.seed, cmp.Or(f.to.encoder, encoder), f.to.words(), overrides})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finished.close()) }()

	labels := make([]int, set.Len())
	for i := range labels {
		labels[i] = set.Label(i)
	}
	indices := firstOfEachClass(labels, f.count)
	e := &evaluation{bench: b, set: set, log: finished, choose: choose, embedder: embedder, truth: b.truthMeter(set), seed: f.seed, told: log}
	r := evaluationReport{Command: command, Bundle: b.Name, BundleHash: b.Hash, Task: b.Task, Classifier: b.Classifier, Overrides: overrides, Encoder: encoder}
	for _, m := range running {
		info, err := bundle.DescribeMethod(m.Name())
		if err != nil {
			return err
		}
		outcomes, err := e.run(ctx, m, indices)
		if err != nil {
			return f.resumable(ctx, err)
		}
		r.Methods = append(r.Methods, summarise(info, outcomes))
	}
	return f.write(r, out)
}

// check looks at the flags before the long work: the names of the methods to run, the file of finished pictures.
func (f *evaluateFlags) check() (names []string, logPath string, err error) {
	names = []string{f.method}
	switch f.method {
	case both:
		names = bundle.PaperMethods()
	case every:
		names = bundle.MethodNames()
	}
	switch {
	case f.count < 1:
		return nil, "", &usageError{fmt.Errorf("--count is %d; legal is 1 or more", f.count)}
	case len(names) > 1 && f.overrides.given():
		return nil, "", &usageError{errors.New("--set and --options are one method's: name it with --method")}
	case f.out == "":
		return names, "", nil
	case filepath.Ext(f.out) != ".json":
		return nil, "", &usageError{fmt.Errorf("--out is %s; legal is a file that ends in .json", f.out)}
	}
	return names, strings.TrimSuffix(f.out, ".json") + ".jsonl", checkFile(f.out)
}

// resumable adds to the error of an interrupted evaluation how to go on.
func (f *evaluateFlags) resumable(ctx context.Context, err error) error {
	if ctx.Err() == nil || f.out == "" {
		return err
	}
	return fmt.Errorf("%w\nFinished pictures are kept: run the same command again to go on", err)
}

func (f *evaluateFlags) write(r evaluationReport, out io.Writer) error {
	if f.out != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := renameio.WriteFile(f.out, append(text, '\n'), 0o644); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
	}
	print := writeSummaries
	if f.format == formatMarkdown {
		print = writeMarkdown
	}
	if err := print(out, r.Methods); err != nil {
		return err
	}
	if r.Encoder != "" {
		fmt.Fprintf(out, "\nSimilarity is the cosine of features of the %s.\n", r.Encoder)
	}
	_, err := fmt.Fprintf(out, "\nMade by: %s (bundle %s, %s)\n", r.Command, r.Bundle, r.BundleHash)
	return err
}

// commandLine is the command with the flags that were set, as it could be typed again.
func commandLine(cmd *cobra.Command) string {
	words := []string{cmd.CommandPath()}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, value := range list.GetSlice() {
				words = append(words, "--"+f.Name, quoteWord(value))
			}
			return
		}
		words = append(words, "--"+f.Name, quoteWord(f.Value.String()))
	})
	return strings.Join(words, " ")
}

// quoteWord quotes a word that a shell would take apart.
func quoteWord(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune(plain, r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./=:,+@%"

// programHash is the SHA-256 of this program's file: results of another build are not this one's.
func programHash() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program's file: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading this program's file: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("reading this program's file: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
