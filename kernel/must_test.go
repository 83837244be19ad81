package kernel

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// asCellFile makes the files of this package those of a cell.
func asCellFile(t *testing.T) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GONB_TMP_DIR", folder)
}

func addMismatched(x *graph.Node) *graph.Node {
	return graph.Add(x, graph.Const(x.Graph(), []float32{1, 2, 3}))
}
func askNoAxis(x *graph.Node) *graph.Node { return graph.ExpandAxes(x, 17) }

func divide(x *graph.Node) *graph.Node {
	return graph.MulScalar(x, 1/(x.Rank()-1))
}

// buildGraph returns the error of building a graph on the engine.
func buildGraph(t *testing.T, build func(*graph.Node) *graph.Node) error {
	t.Helper()
	b, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	exec, err := graph.NewExec(b, build)
	if err == nil {
		_, err = exec.Call([]float32{1, 2})
	}
	if err == nil {
		t.Fatal("no error")
	}
	return err
}

// TestErrorOfAnOperationNamesTheLine: whoever prints it, however.
func TestErrorOfAnOperationNamesTheLine(t *testing.T) {
	inCell(t)
	asCellFile(t)
	err := buildGraph(t, addMismatched)
	if !regexp.MustCompile(`/kernel/must_test\.go:\d+ \(kernel\.addMismatched\): Add: `).MatchString(err.Error()) {
		t.Errorf("the error is %q", err)
	}
}

func TestExplainBeginsWithTheCell(t *testing.T) {
	inCell(t)
	asCellFile(t)
	for first, err := range map[string]error{
		"kernel.addMismatched": buildGraph(t, addMismatched),    // an error of the backend's
		"kernel.askNoAxis":     buildGraph(t, askNoAxis),        // an error of GoMLX's own
		"kernel.divide":        buildGraph(t, divide),           // one of Go's
		"kernel.explain":       errors.New("a file is missing"), // an error without a stack: the line that checks it
	} {
		var told strings.Builder
		explain(&told, err)
		begin, rest, found := strings.Cut(told.String(), err.Error()+"\n")
		if line, _, _ := strings.Cut(begin, "\n"); !found || !strings.HasSuffix(line, "("+first+")") {
			t.Errorf("%s: the first line is %q", first, line)
		}
		if !strings.Contains(begin, "must_test.go:") && first != "kernel.explain" || strings.Contains(begin, "gomlx") || strings.Contains(rest, "must_test.go") {
			t.Errorf("%s: wanted cells, message, libraries in this order: %s", first, told.String())
		}
	}
}
