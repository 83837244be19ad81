package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"otherwise/kernel/engine"
	"otherwise/kernel/launch"
)

// Exit codes, as the help of the root command documents them.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitNotFlipped  = 3
	exitInterrupted = 130
)

// usageError is a command line that can't be meant.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// errNotFlipped ends an explanation that ran to its end and found no counterfactual. Its summary was printed already.
var errNotFlipped = errors.New("no counterfactual found")

// noteStart sets started once a command runs; what cobra reports before that is a mistake in the command line.
func noteStart(cmd *cobra.Command, started *bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*started = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		noteStart(sub, started)
	}
}

// report writes an error, and for a mistake in the command line where to read more.
func report(stderr io.Writer, cmd *cobra.Command, err error) {
	if err == nil || errors.Is(err, errNotFlipped) {
		return
	}
	fmt.Fprintf(stderr, "otherwise: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(stderr, "Run `%s --help` for flags and examples.\n", cmd.CommandPath())
	}
}

func exitCode(ctx context.Context, err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil: // whatever the interrupted work says of it
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errNotFlipped):
		return exitNotFlipped
	case errors.Is(err, engine.ErrRestart):
		return launch.ExitRestart
	}
	return exitError
}
