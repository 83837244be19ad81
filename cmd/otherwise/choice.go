package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	legal []string
}

func (c choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

func (c choice) Type() string { return strings.Join(c.legal, "|") }

func (c choice) Set(s string) error {
	if !slices.Contains(c.legal, s) {
		return fmt.Errorf("legal are %s", strings.Join(c.legal, ", "))
	}
	*c.value = s
	return nil
}

// addChoice gives a command a flag that takes one of the legal words, which the shell completes. value holds the default.
func addChoice(cmd *cobra.Command, value *string, name, usage string, legal ...string) {
	cmd.Flags().Var(choice{value, legal}, name, usage)
	complete(cmd, name, cobra.FixedCompletions(legal, cobra.ShellCompDirectiveNoFileComp))
}

// complete registers a flag's completion.
func complete(cmd *cobra.Command, flag string, completion cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, completion); err != nil {
		panic(err) // the flag isn't defined: a mistake in this program, found by every test
	}
}

// required marks flags without which a command can't run.
func required(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // as in complete
		}
	}
}
