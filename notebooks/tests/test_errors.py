"""Errors name the cell and its line before anything else. Run as test_life.py is."""

import re
import unittest

from test_life import Notebook

DECLARE = """import (
	"errors"

	"github.com/gomlx/gomlx/core/graph"
	"otherwise/kernel"
)

func mismatched(x *graph.Node) *graph.Node {
	return graph.Add(x, graph.Const(x.Graph(), []float32{1, 2, 3}))
}

func noAxis(x *graph.Node) *graph.Node {
	return graph.ExpandAxes(x, 17)
}

func build(f func(*graph.Node) *graph.Node) error {
	_, err := graph.CallOnce(kernel.Must(kernel.Backend()), f, []float32{1, 2})
	return err
}"""
MISMATCHED, NO_AXIS = 9, 13  # the lines of DECLARE that are wrong


class Errors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.notebook = Notebook()
        cls.addClassCleanup(cls.notebook.close)
        status, printed = cls.notebook.run(DECLARE + '\n\n%%\nfmt.Println(build(func(x *graph.Node) *graph.Node { return x }), errors.New(""))')
        assert status == "ok", printed

    def fails(self, code):
        """Runs a cell that must fail; returns what it prints, without colours."""
        status, printed = self.notebook.run(code)
        self.assertEqual(status, "error", printed)
        return re.sub(r"\x1b\[\d*m", "", printed)

    def first_line(self, printed, line, cell=1):
        self.assertRegex(printed, rf"\A *\[\[ Cell \[{cell}\] Line {line} \]\] +/\S+/main\.go:\d+ ")

    def test_operation(self):
        """The text of the error itself has the line, however it is printed."""
        printed = self.fails("%%\nfmt.Fprintln(os.Stderr, build(mismatched))\nos.Exit(1)")
        self.assertRegex(printed, rf"\[\[ Cell \[1\] Line {MISMATCHED} \]\] \S+ \(main\.mismatched\): Add: ")

    def test_must(self):
        self.first_line(self.fails("%%\nkernel.Check(build(mismatched))"), MISMATCHED)

    def test_error_of_the_graphs_own(self):
        printed = self.fails("%%\nkernel.Check(build(noAxis))")
        self.first_line(printed, NO_AXIS)
        self.assertLess(printed.index("main.go"), printed.index("/gomlx@"), "a library comes before the cell")

    def test_error_without_a_stack(self):
        printed = self.fails('%%\n\nkernel.Check(errors.New("a file is missing"))')
        self.assertRegex(printed, r"\A *\[\[ Cell \[\d+\] Line 3 \]\] ")
        self.assertIn("a file is missing", printed)

    def test_lines_with_colons(self):
        """Lines over which GoNB's own main function would end the kernel."""
        self.fails('import "log"\n\n%%\nlog.SetFlags(log.LstdFlags | log.Lshortfile)\nlog.Fatal("a: b: main.go:3:1: c")')
        self.assertEqual(self.notebook.run('%%\nfmt.Println("alive")'), ("ok", "alive\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
