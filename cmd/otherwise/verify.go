package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"otherwise/kernel"
	"otherwise/verify"
)

func newVerify() *cobra.Command {
	var o verifyFlags
	cmd := &cobra.Command{
		Use:     "verify DIR...",
		GroupID: groupSetup,
		Short:   "Check this build and its backend against golden values",
		Long: `Runs this build on the inputs of golden values, which reference implementations have made, and compares what comes
out. A line for each case gives the largest absolute error, the same divided by the root mean square of what was expected, and
the tolerance. Sizes, seeds and numbers of steps are read from the files.

DIR is a folder of golden values, or one that holds several. Files in it that aren't known are named. The backend is an engine's
where OTHERWISE_ENGINE names one. The exit code is 1 if any case fails.`,
		Example: `  otherwise verify testdata/golden
  otherwise verify ../shared/reference --json verify.json
  otherwise verify ../shared/reference/models --full --run 'full/'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			return o.verify(cmd.Context(), dirs, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.run, "run", "", "check only golden files whose path without extension matches this `REGEX`")
	f.StringVar(&o.json, "json", "", "write every number to this `FILE`")
	f.BoolVar(&o.full, "full", false, "check full-size networks too, with weights by formula: minutes, and up to 8 GB of memory")
	return cmd
}

type verifyFlags struct {
	run, json string
	full      bool
}

func (f *verifyFlags) verify(ctx context.Context, dirs []string, out, progress io.Writer) error {
	begin, clear := watchRuns(progress)
	defer clear()
	o := verify.Options{Full: f.full, Begin: begin, Report: func(c verify.Case) error {
		clear()
		_, err := c.WriteTo(out)
		return err
	}}
	if f.run != "" {
		var err error
		if o.Run, err = regexp.Compile(f.run); err != nil {
			return &usageError{fmt.Errorf("--run: %w", err)}
		}
	}
	var folders []string
	for _, dir := range dirs {
		found, err := verify.Roots(dir)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%s holds no golden values that are known, nor does a folder in it", dir)
		}
		folders = append(folders, found...)
	}
	backend, err := kernel.Open()
	if err != nil {
		return err
	}
	defer backend.Finalize()
	summaries, err := verify.Folders(ctx, backend, folders, o)
	clear()
	if err != nil {
		return err
	}
	return f.conclude(summaries, out)
}

// conclude writes what all came to. Values that differ are an error.
func (f *verifyFlags) conclude(summaries []*verify.Summary, out io.Writer) error {
	passed, failed := 0, 0
	for _, s := range summaries {
		passed, failed = passed+s.Passed, failed+s.Failed
		fmt.Fprintf(out, "%s: %d of %d cases agree, on %s\n", s.Folder, s.Passed, s.Passed+s.Failed, s.Backend)
		if len(s.Skipped)+len(s.Repeated) > 0 {
			fmt.Fprintf(out, "  golden files left out: %d; the same as in a folder before: %d\n", len(s.Skipped), len(s.Repeated))
		}
		if len(s.Unknown) > 0 {
			fmt.Fprintf(out, "  unknown: %s\n", strings.Join(s.Unknown, ", "))
		}
	}
	if f.json != "" {
		text, err := json.MarshalIndent(summaries, "", "  ")
		if err != nil {
			return err
		}
		if err := renameio.WriteFile(f.json, append(text, '\n'), 0o644); err != nil {
			return fmt.Errorf("--json: %w", err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases do not agree: see the lines marked FAIL", failed, passed+failed)
	}
	return nil
}

// watchRuns returns what shows on a terminal which golden file is being checked, and what takes that line away.
func watchRuns(w io.Writer) (begin func(run string, done, total int), clear func()) {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {} // the cases' lines are progress enough
	}
	shown := false
	begin = func(run string, done, total int) {
		fmt.Fprintf(w, "\r\x1b[K%d of %d: %s", done+1, total, run)
		shown = true
	}
	clear = func() {
		if shown {
			fmt.Fprint(w, "\r\x1b[K")
		}
		shown = false
	}
	return begin, clear
}
