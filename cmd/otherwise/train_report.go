package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/train"
	"otherwise/weights"
)

// reportColumns is how many generated pictures of each class the report shows.
const reportColumns = 8

// trainReport is what `otherwise train report` is told.
type trainReport struct {
	bundle, dataset, out string
	sampling             samplingFlags
	options              train.ReportOptions
}

func newTrainReport() *cobra.Command {
	r := trainReport{}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Measure all networks of a world's bundle",
		Long: `Measures what the networks of a bundle of a procedural world are worth, on test pictures: how well the autoencoder gives
pictures back (PSNR and SSIM, and PSNR of the subject alone), how often each classifier and the judge are right (a biased
classifier also on test pictures with its bias planted), how many generated pictures get the class asked for, and how far
these are from real ones by the Frechet distance of the encoder's features, beside that of two sets of real pictures. It writes
report.md, report.json and samples.png into the output folder.`,
		Example: `  otherwise train report --bundle models/savanna/bundle --dataset savanna --out out/report
  otherwise train report --bundle savanna --out out/report --generate 120`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.run(cmd.Context(), commandLine(cmd), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.bundle, "bundle", "", "the `name` of a bundle of a world, or its folder")
	complete(cmd, "bundle", completeBundle)
	addChoice(cmd, &r.dataset, "dataset", "world that the bundle is of (default: that of its name)", worldNames()...)
	f.StringVar(&r.out, "out", "", "`folder` for the report")
	f.IntVar(&r.options.Test, "test", 1000, "test pictures, taken by the hundred")
	f.IntVar(&r.options.Generate, "generate", 600, "pictures to generate")
	r.sampling.addFlags(cmd)
	required(cmd, "bundle", "out")
	return cmd
}

func (r *trainReport) check() (err error) {
	if r.options.Sample, err = r.sampling.options(); err != nil {
		return err
	}
	o := r.options
	switch {
	case o.Test < 100 || o.Test > datasets.WorldTest:
		return &usageError{fmt.Errorf("--test is %d; legal is 100 to %d", o.Test, datasets.WorldTest)}
	case o.Generate < 2 || 2*o.Generate > datasets.WorldTest:
		return &usageError{fmt.Errorf("--generate is %d; legal is 2 to %d", o.Generate, datasets.WorldTest/2)}
	}
	return checkFolder(r.out)
}

func (r *trainReport) run(ctx context.Context, command string, out, log io.Writer) error {
	if err := r.check(); err != nil {
		return err
	}
	files, err := trainedFiles("bundle", r.bundle)
	if err != nil {
		return err
	}
	stored, err := weights.LoadBundle(files)
	if err != nil {
		return err
	}
	if r.dataset = cmp.Or(r.dataset, stored.Name); !isWorld(r.dataset) {
		return &usageError{fmt.Errorf("bundle %s is of no world: this report is for bundles of %q", stored.Name, worldNames())}
	}
	r.options.Log = log
	report := train.Report{Command: command, Bundle: stored.Name, Bytes: map[string]int64{}}
	for name, n := range stored.Networks {
		report.Bytes[name] = n.Size
	}
	if report.BundleHash, err = stored.Hash(); err != nil {
		return err
	}
	var samples []counterfactual.Picture
	var classNames []string
	for i, c := range stored.All() {
		fmt.Fprintf(log, "measuring classifier %d of %d: %s\n", i+1, len(stored.All()), c.Network)
		drawn, err := r.measure(ctx, c, i == 0, &report)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Network, err)
		}
		if i == 0 {
			samples, classNames = drawn, c.Classes
		}
	}
	return r.write(&report, samples, classNames, out)
}

// measure adds a classifier to the report; of the first it also measures what all share, and gives some of the pictures drawn, class by
// class.
func (r *trainReport) measure(ctx context.Context, c weights.Classifier, first bool, report *train.Report) ([]counterfactual.Picture, error) {
	b, err := openBench(ctx, bundleFlags{name: r.bundle, task: c.Task, classifier: c.Name})
	if err != nil {
		return nil, err
	}
	defer b.close()
	test, err := r.pictures(ctx, b, datasets.Test)
	if err != nil {
		return nil, err
	}
	var promised *train.Pictures
	if len(c.Bias) > 0 {
		if promised, err = r.pictures(ctx, b, datasets.BiasedTest); err != nil {
			return nil, err
		}
	}
	quality, measured, err := train.MeasureClassifier(ctx, b.Bundle, test, promised, r.options)
	if err != nil {
		return nil, err
	}
	report.Classifiers = append(report.Classifiers, measured)
	if !first {
		return nil, nil
	}
	report.Quality = quality
	if report.Factors, err = train.MeasureFactors(ctx, b.Bundle, test, r.options); err != nil {
		return nil, err
	}
	var drawn []counterfactual.Picture
	var classes []int
	if report.Generated, drawn, classes, err = train.MeasureGenerated(ctx, b.Bundle, test, r.options); err != nil {
		return nil, err
	}
	var shown []counterfactual.Picture
	columns := min(reportColumns, len(drawn)/len(b.Classes))
	for class := range b.Classes {
		n := 0
		for i, p := range drawn {
			if classes[i] == class && n < columns {
				shown, n = append(shown, p), n+1
			}
		}
	}
	return shown, nil
}

// pictures are a split of the world as the bundle's classifier has learned it.
func (r *trainReport) pictures(ctx context.Context, b *bench, split datasets.Split) (*train.Pictures, error) {
	w := worldFlags{task: b.Task}
	for _, bias := range b.Bias {
		w.bias = append(w.bias, bias.String())
	}
	set, err := openDataset(ctx, r.dataset, "", split, w, nil)
	if err != nil {
		return nil, err
	}
	return trainingPictures(r.dataset, set, b.Frame)
}

func (r *trainReport) write(report *train.Report, samples []counterfactual.Picture, classes []string, out io.Writer) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return fmt.Errorf("making the output folder: %w", err)
	}
	if len(samples) > 0 {
		if err := writeSamples(filepath.Join(r.out, "samples.png"), samples, classes); err != nil {
			return err
		}
	}
	for name, content := range map[string][]byte{"report.json": append(text, '\n'), "report.md": []byte(report.Markdown())} {
		if err := renameio.WriteFile(filepath.Join(r.out, name), content, 0o644); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	_, err = fmt.Fprintf(out, "%s\nreport.md, report.json and samples.png are in %s\n", report.Markdown(), r.out)
	return err
}
