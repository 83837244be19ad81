package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/viz"
)

func newSamples() *cobra.Command {
	var s samplesFlags
	cmd := &cobra.Command{
		Use:     "samples",
		GroupID: groupModels,
		Short:   "Draw pictures with the diffusion model and ask the classifier what they are",
		Long: `Draws pictures of every class from noise, writes them to one PNG, a row for each class, and prints the share of them
that the classifier and the judge give the class that was asked for.`,
		Example: `  otherwise samples --out out/samples.png
  otherwise samples --out out/samples.png --scheduler dpm --steps 12
  otherwise samples --bundle models/fashion/bundle --out out/samples.png --per-class 20 --guidance 3 --steps 100`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	s.models.addFlags(cmd)
	f.StringVar(&s.out, "out", "", "`FILE.png` for the pictures")
	f.IntVar(&s.perClass, "per-class", 8, "pictures of each class, 1 to 100")
	s.sampling.addFlags(cmd)
	required(cmd, "out")
	return cmd
}

type samplesFlags struct {
	models   bundleFlags
	out      string
	perClass int
	sampling samplingFlags
}

func (s *samplesFlags) check() error {
	switch {
	case s.perClass < 1 || s.perClass > 100:
		return &usageError{fmt.Errorf("--per-class is %d; legal is 1 to 100", s.perClass)}
	case filepath.Ext(s.out) != ".png":
		return &usageError{fmt.Errorf("--out is %s; legal is a file that ends in .png", s.out)}
	}
	return checkFile(s.out)
}

func (s *samplesFlags) run(ctx context.Context, out io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	options, err := s.sampling.options()
	if err != nil {
		return err
	}
	b, err := openBench(ctx, s.models.of(""))
	if err != nil {
		return err
	}
	defer b.close()
	var classes []int
	for class := range b.Classes {
		for range s.perClass {
			classes = append(classes, class)
		}
	}
	options.Height, options.Width = b.Frame.Height, b.Frame.Width
	drawn, err := diffusion.NewSampler(b.backend, b.Models.Diffusion).Sample(ctx, classes, options)
	if err != nil {
		return err
	}
	pictures, err := counterfactual.Unbatch(drawn)
	if err != nil {
		return err
	}
	if err := writeSamples(s.out, pictures, b.Classes); err != nil {
		return err
	}
	if err := b.printAgreement(out, pictures, classes); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Look at %s\n", s.out)
	return err
}

// writeSamples draws a row for each class. The file arrives whole.
func writeSamples(path string, pictures []counterfactual.Picture, classes []string) error {
	rows := make([][]image.Image, len(classes))
	perClass := len(pictures) / len(classes)
	for i, p := range pictures {
		rows[i/perClass] = append(rows[i/perClass], viz.Image(p))
	}
	var file bytes.Buffer
	if err := png.Encode(&file, viz.GridOf(rows, classes, nil)); err != nil {
		return fmt.Errorf("drawing the samples: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the output folder: %w", err)
	}
	if err := renameio.WriteFile(path, file.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the samples: %w", err)
	}
	return nil
}

// printAgreement prints for each class, and for all, the share of pictures that classifier and judge give the class asked for.
func (b *bench) printAgreement(w io.Writer, pictures []counterfactual.Picture, asked []int) error {
	columns, names := []*counterfactual.Predictor{b.classifier}, []string{"classifier"}
	if b.judge != nil {
		columns, names = append(columns, b.judge), append(names, "judge")
	}
	shares := make([][]float64, len(columns))
	for i, column := range columns {
		agrees, err := column.Agree(pictures, asked)
		if err != nil {
			return fmt.Errorf("asking the %s: %w", names[i], err)
		}
		shares[i] = sharesByClass(agrees, asked, len(b.Classes))
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%s\t \n", strings.Join(names, "\t"))
	for class, name := range slices.Concat(b.Classes, []string{"all"}) {
		for i := range columns {
			fmt.Fprintf(table, "%.3f\t", shares[i][class])
		}
		fmt.Fprintf(table, " %s\n", name)
	}
	return table.Flush()
}

// sharesByClass is the share of pictures that agree with the class asked for: class by class, and last of all pictures.
func sharesByClass(agrees []bool, asked []int, classes int) []float64 {
	agreed, total := make([]int, classes+1), make([]int, classes+1)
	for i, class := range asked {
		for _, row := range []int{class, classes} {
			total[row]++
			if agrees[i] {
				agreed[row]++
			}
		}
	}
	shares := make([]float64, classes+1)
	for i := range shares {
		shares[i] = share(agreed[i], total[i])
	}
	return shares
}
