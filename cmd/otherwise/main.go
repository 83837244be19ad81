// Otherwise explains a classifier's decision by showing the nearest plausible picture that it decides otherwise. Run
// `otherwise --help` for the commands.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"otherwise/kernel/launch"
)

func main() {
	if isGo, code := launch.RunShim(os.Args); isGo {
		os.Exit(code)
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, func() {
		stop() // from here on a signal has its usual effect
		fmt.Fprintln(stderr, "\nstopping; once more to end at once")
	})()
	quietBackend()

	root, started := newRoot(), false
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	noteStart(root, &started)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !started {
		err = &usageError{err}
	}
	report(stderr, cmd, err)
	return exitCode(ctx, err)
}

// quietBackend keeps XLA's own notes on what it finds off the terminal, unless the user asked for them.
func quietBackend() {
	const level = "TF_CPP_MIN_LOG_LEVEL"
	if _, set := os.LookupEnv(level); !set {
		os.Setenv(level, "2") // errors only
	}
}
