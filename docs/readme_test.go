package docs

import (
	"os"
	"strings"
	"testing"
)

// The README's Go is bundle's Example, which is compiled and run, up to the folder that it runs in.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../bundle/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, found := strings.Cut(string(example), "func Example() {\n")
	body, _, ended := strings.Cut(body, "\t// Output:")
	if !found || !ended {
		t.Fatal("bundle/example_test.go has no Example with an output")
	}
	body = strings.ReplaceAll(body, "../testdata", "testdata")
	if !strings.Contains(unindented(string(readme)), unindented(body)) {
		t.Errorf("README.md doesn't show what bundle's Example does:\n%s", body)
	}
}

func unindented(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}
