package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/shlex"
	"github.com/spf13/cobra"
)

// commands lists the program's commands, without those that cobra adds.
func commands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, commands(sub)...)
	}
	return all
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, cmd := range commands(newRoot()) {
		if cmd.Short == "" || cmd.Long == "" || cmd.Example == "" {
			t.Errorf("%s: its help lacks a short or long description or an example", cmd.CommandPath())
		}
	}
}

// What the help shows as an example is a command line that the program takes.
func TestExamplesParse(t *testing.T) {
	for _, shown := range commands(newRoot()) {
		for line := range strings.Lines(shown.Example) {
			words, err := shlex.Split(line)
			if err != nil || len(words) == 0 || words[0] != "otherwise" {
				t.Errorf("%s: example %q isn't this program's", shown.CommandPath(), line)
				continue
			}
			if err := takes(words[1:]); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

// takes says what is wrong with a whole command line, without running it.
func takes(words []string) error {
	cmd, rest, err := newRoot().Find(words)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return errors.Join(cmd.ValidateArgs(cmd.Flags().Args()), cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups())
}

func TestCommandLine(t *testing.T) {
	root := newRoot()
	cmd, rest, err := root.Find([]string{"evaluate", "--set", "a=1", "--count=3", "--set", "b=it's", "--out", "a b.json"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	want := `otherwise evaluate --count 3 --out 'a b.json' --set a=1 --set 'b=it'\''s'`
	if got := commandLine(cmd); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFirstOfEachClass(t *testing.T) {
	labels := []int{2, 2, 0, 2, 0, 1}
	if got, want := firstOfEachClass(labels, 4), []int{2, 5, 0, 4}; !slices.Equal(got, want) {
		t.Errorf("4 pictures: %v, want %v", got, want)
	}
	if got, want := firstOfEachClass(labels, 99), []int{2, 5, 0, 4, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("more than there are: %v, want %v", got, want)
	}
}
