package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/shlex"
	"github.com/spf13/pflag"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// What the documentation tells people to type is what the program takes: in blocks of code whole command lines, within a
// sentence at least commands and flags that there are.
func TestDocumentedCommandLines(t *testing.T) {
	found := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "bench/*.md"} {
		pages, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			source, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			blocks, spans := code(source)
			for _, line := range blocks {
				for _, words := range commandLines(t, page, line) {
					found++
					if err := allTake(words, takes); err != nil {
						t.Errorf("%s: %s: %v", page, line, err)
					}
				}
			}
			for _, span := range spans {
				for _, words := range commandLines(t, page, span) {
					found++
					if err := allTake(words, knows); err != nil {
						t.Errorf("%s: `%s`: %v", page, span, err)
					}
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d command lines were found in the documentation", found)
	}
}

// code lists the lines of a page's blocks of code, continued ones joined, and its pieces of code within text.
func code(source []byte) (lines, spans []string) {
	page := goldmark.New().Parser().Parse(text.NewReader(source))
	_ = ast.Walk(page, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function below never fails
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.(type) {
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			block := strings.ReplaceAll(string(n.Lines().Value(source)), "\\\n", " ")
			lines = append(lines, slices.Collect(strings.Lines(block))...)
		case *ast.CodeSpan:
			var span strings.Builder
			for part := n.FirstChild(); part != nil; part = part.NextSibling() {
				if part, ok := part.(*ast.Text); ok {
					span.Write(part.Segment.Value(source))
				}
			}
			spans = append(spans, strings.ReplaceAll(span.String(), "\n", " "))
		}
		return ast.WalkContinue, nil
	})
	return lines, spans
}

var (
	programName = regexp.MustCompile(`^(\S*/)?otherwise$`)
	assignment  = regexp.MustCompile(`^\w+=`)
)

// commandLines finds the calls of this program in a line that a shell would read, also in one that is handed to another
// command in quotes. It leaves the program's name out.
func commandLines(t *testing.T, page, line string) (all [][]string) {
	t.Helper()
	if !strings.Contains(line, "otherwise ") {
		return nil
	}
	words, err := shlex.Split(line)
	if err != nil {
		if strings.HasPrefix(line, "otherwise") {
			t.Errorf("%s: %s: %v", page, line, err)
		}
		return nil // not a shell's
	}
	begins := true // whether a command may begin here
	for i := 0; i < len(words); i++ {
		w := words[i]
		if begins && programName.MatchString(w) && i+1 < len(words) {
			end := i + 1
			for end < len(words) && !slices.Contains([]string{"&&", "||", "|", ";"}, words[end]) {
				end++
			}
			all = append(all, words[i+1:end])
			i = end
			continue
		}
		if strings.Contains(w, " ") {
			all = append(all, commandLines(t, page, w)...)
		}
		begins = slices.Contains([]string{"&&", "||", "|", ";", "exec"}, w) || begins && assignment.MatchString(w)
	}
	return all
}

var alternatives = regexp.MustCompile(`^[a-z-]+(\|[a-z-]+)+$`)

// allTake checks a command line in each of the forms that it stands for: with a|b with either, and with ... for one of a
// command's members at least.
func allTake(words []string, check func([]string) error) error {
	for i, w := range words {
		if alternatives.MatchString(w) {
			var errs []error
			for one := range strings.SplitSeq(w, "|") {
				errs = append(errs, allTake(replaced(words, i, one), check))
			}
			return errors.Join(errs...)
		}
		if w != "..." {
			continue
		}
		family, _, err := newRoot().Find(words[:i])
		if err != nil {
			return err
		}
		if !family.HasSubCommands() {
			return allTake(slices.Delete(slices.Clone(words), i, i+1), check)
		}
		for _, member := range family.Commands() {
			if err = allTake(replaced(words, i, member.Name()), check); err == nil {
				return nil
			}
		}
		return err
	}
	return check(words)
}

func replaced(words []string, i int, by string) []string {
	words = slices.Clone(words)
	words[i] = by
	return words
}

var placeholder = regexp.MustCompile(`^[A-Z]+$`)

// knows says what is wrong with a part of a command line: arguments and flags may be missing, a flag's value may be a word in
// capitals, and the last flag's be left out.
func knows(words []string) error {
	root := newRoot()
	root.InitDefaultCompletionCmd(words...)
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	var given []string
	for i := 0; i < len(rest); i++ {
		end := i+1 == len(rest)
		if !strings.HasPrefix(rest[i], "--") || strings.Contains(rest[i], "=") || !end && !placeholder.MatchString(rest[i+1]) {
			given = append(given, rest[i])
			continue
		}
		if name := rest[i][2:]; cmd.Flags().Lookup(name) == nil && cmd.InheritedFlags().Lookup(name) == nil {
			return fmt.Errorf("%s has no flag --%s", cmd.CommandPath(), name)
		}
		i++
	}
	if err := cmd.ParseFlags(given); err != nil && !errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 {
		return cmd.ValidateArgs(cmd.Flags().Args())
	}
	return nil
}

// The checks above can fail.
func TestDocumentedCommandLinesAreChecked(t *testing.T) {
	for line, want := range map[string]bool{
		"otherwise explain --method eced --image a.png --target coat --out 'out/a b' # comment": true,
		"OTHERWISE_ENGINE=unix:x otherwise doctor":                                              true,
		"ssh gpu 'mkdir x && exec otherwise kernel engine --socket x'":                          true,
		"otherwise explain --methods eced --image a.png --target coat --out a":                  false,
		"otherwise explain --method eced":                                                       false,
		"otherwise train autoencoder|nothing --dataset fashion --out a":                         false,
		"ssh gpu 'exec otherwise kernel motor'":                                                 false,
		"make x && bin/otherwise explode":                                                       false,
	} {
		all := commandLines(t, "", line)
		if len(all) != 1 {
			t.Errorf("%s: found %q", line, all)
			continue
		}
		if err := allTake(all[0], takes); (err == nil) != want {
			t.Errorf("%s: %v", line, err)
		}
	}
	for span, want := range map[string]bool{
		"otherwise samples --scheduler":                     true,
		"otherwise train ... --bias":                        true,
		"otherwise bundle list|show|check|add":              true,
		"otherwise completion":                              true,
		"otherwise explain --method NAME":                   true,
		"otherwise explain --methods NAME":                  false,
		"otherwise explain --help":                          true,
		"otherwise samples --schedule":                      false,
		"otherwise train ... --dataset savanna --prejudice": false,
		"otherwise bundle lists":                            false,
	} {
		if err := allTake(strings.Fields(span)[1:], knows); (err == nil) != want {
			t.Errorf("%s: %v", span, err)
		}
	}
}
