package main

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"otherwise/datasets"
	"otherwise/datasets/export"
)

// worldData is what `otherwise data savanna` and `otherwise data faces` are told.
type worldData struct {
	name, out, sheet, split string
	seed                    uint64
	count, columns          int
	world                   worldFlags
}

func newDataWorld(name, what string) *cobra.Command {
	d := worldData{name: name, split: string(datasets.Train)}
	cmd := &cobra.Command{
		Use:   name,
		Short: "Draw " + what + " with their true counterfactuals",
		Long: fmt.Sprintf(`Draws %s and writes them as PNG files into a folder: images, the masks of their subjects (objects), the regions that
tell their class (decisive), and their true counterfactuals; at last truth.json, which says of each what it shows. The
same seed gives the same bytes on every machine. Interrupted, the same command goes on.

With --sheet FILE.png it draws samples on one sheet instead, or as well: a column each, a row for every class.`, what),
		Example: fmt.Sprintf(`  otherwise data %[1]s --seed 1 --count 100 --out out/%[1]s
  otherwise data %[1]s --sheet out/%[1]s.png --columns 8`, name),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.out, "out", "", "`folder` for pictures, masks and truth.json")
	f.IntVar(&d.count, "count", 100, "how many samples")
	f.Uint64Var(&d.seed, "seed", worldSeed, "decides everything")
	addChoice(cmd, &d.split, "split", "samples to learn from, with the biases, or to judge by", string(datasets.Train), string(datasets.Test))
	f.StringVar(&d.sheet, "sheet", "", "`FILE.png` for a sheet of samples")
	f.IntVar(&d.columns, "columns", 8, "samples on the sheet, 1 to 64")
	d.world.addFlagsOf(cmd, name)
	cmd.MarkFlagsOneRequired("out", "sheet")
	return cmd
}

func (d *worldData) run(ctx context.Context, out, log io.Writer) error {
	if d.columns < 1 || d.columns > 64 {
		return &usageError{fmt.Errorf("--columns is %d; legal is 1 to 64", d.columns)}
	}
	if d.sheet != "" && filepath.Ext(d.sheet) != ".png" {
		return &usageError{fmt.Errorf("--sheet is %s; legal is a file that ends in .png", d.sheet)}
	}
	world, err := d.world.open(d.name, datasets.Split(d.split), d.seed)
	if err != nil {
		return err
	}
	if d.out != "" {
		if err := d.write(ctx, world, out, log); err != nil {
			return err
		}
	}
	if d.sheet == "" {
		return nil
	}
	if err := checkFile(d.sheet); err != nil {
		return err
	}
	sheet, err := export.Sheet(world, d.columns)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&file, sheet); err != nil {
		return fmt.Errorf("drawing the sheet: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(d.sheet), 0o755); err != nil {
		return fmt.Errorf("making the output folder: %w", err)
	}
	if err := renameio.WriteFile(d.sheet, file.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the sheet: %w", err)
	}
	_, err = fmt.Fprintf(out, "Look at %s\n", d.sheet)
	return err
}

func (d *worldData) write(ctx context.Context, world datasets.World, out, log io.Writer) error {
	if d.count < 1 || d.count > world.Len() {
		return &usageError{fmt.Errorf("--count is %d; legal is 1 to %d", d.count, world.Len())}
	}
	if err := checkFolder(d.out); err != nil {
		return err
	}
	begun, told := time.Now(), time.Now()
	progress := func(done, total int) {
		if done < total && time.Since(told) < 5*time.Second {
			return
		}
		told = time.Now()
		left := time.Since(begun) / time.Duration(done) * time.Duration(total-done)
		fmt.Fprintf(log, "%d of %d samples, about %s left\n", done, total, left.Round(time.Second))
	}
	identity := fmt.Sprintf("%s, seed %d%s", d.split, d.seed, d.world.words(d.name))
	if err := export.Write(ctx, world, d.out, export.Options{Count: d.count, Identity: identity, Progress: progress}); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w\nWhat was drawn so far is in %s: run the same command again to go on", err, d.out)
		}
		return err
	}
	_, err := fmt.Fprintf(out, "%d samples of %s are in %s; truth.json says what they show\n", d.count, world.Name(), d.out)
	return err
}
