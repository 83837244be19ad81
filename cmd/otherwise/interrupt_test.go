package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// interrupt runs a program and sends it an interrupt, as Ctrl-C does, when a line of its standard error matches; the program
// must end with the exit code of interrupted work: interrupt REGEXP PROGRAM ARGS...
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupt REGEXP PROGRAM ARGS...")
	}
	when, err := regexp.Compile(args[0])
	ts.Check(err)
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOMLX_BACKEND", "OTHERWISE_CACHE"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Stdout = ts.Stdout()
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())

	interrupted := false
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		fmt.Fprintln(ts.Stderr(), lines.Text())
		if !interrupted && when.MatchString(lines.Text()) {
			interrupted = true
			ts.Check(cmd.Process.Signal(os.Interrupt))
		}
	}
	err = cmd.Wait()
	if !interrupted {
		ts.Fatalf("no line matched; the program ended with %v", err)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		ts.Fatalf("interrupted, it ended with exit code %d", code)
	}
}
