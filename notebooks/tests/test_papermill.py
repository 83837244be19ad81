"""Parameters for Go notebooks, written by papermill_go.py and run by the installed kernel (see test_life.py)."""

import os
import subprocess
import sys
import tempfile
import unittest

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "papermill_go.py")
sys.path.insert(0, os.path.dirname(SCRIPT))

from papermill_go import GoTranslator  # noqa: E402, of the folder above
from test_life import LIMIT  # noqa: E402

KERNEL = os.environ.get("OTHERWISE_TEST_KERNEL", "otherwise")
DEFAULTS = 'var seed = 1\nvar share float64 = 0.5 // of all\nvar target = "bag"\nvar quiet = false\nvar steps = []int{1}\n'
PRINT = '%%\nfmt.Printf("%v %v %q %v %v\\n", seed, share, target, quiet, steps)'


class Papermill(unittest.TestCase):
    def run_papermill(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            notebook = new_notebook(
                cells=[new_code_cell(DEFAULTS, metadata={"tags": ["parameters"]}), new_code_cell(PRINT)],
                metadata={"kernelspec": {"name": KERNEL, "display_name": KERNEL, "language": "go"}},
            )
            given, made = os.path.join(folder, "in.ipynb"), os.path.join(folder, "out.ipynb")
            nbformat.write(notebook, given)
            done = subprocess.run([sys.executable, SCRIPT, given, made, *arguments], capture_output=True, text=True, timeout=LIMIT)
            self.assertEqual(done.returncode, 0, done.stderr)
            return "".join(o["text"] for o in nbformat.read(made, 4).cells[-1].outputs if o.output_type == "stream")

    def test_defaults(self):
        self.assertEqual(self.run_papermill(), '1 0.5 "bag" false [1]\n')

    def test_parameters(self):
        tricky = 'a "b"\n\\ä😀'
        parameters = ("-p", "seed", "7", "-p", "share", "1e-05", "-r", "target", tricky, "-p", "quiet", "true", "-y", "steps: [3, 4]")
        self.assertEqual(self.run_papermill(*parameters), '7 1e-05 "a \\"b\\"\\n\\\\ä😀" true [3 4]\n')

    def test_types(self):
        for value, want in (
            ([1, 2.5], "[]float64{1, 2.5}"),
            (["a"], '[]string{"a"}'),
            ([], "[]any{}"),
            ({"a": True}, 'map[string]bool{"a": true}'),
        ):
            self.assertEqual(GoTranslator.translate(value), want)
        for value in (None, float("nan"), [1, "a"], [[1]], {"a": None}):
            with self.assertRaises(ValueError):
                GoTranslator.translate(value)

    def test_inspection(self):
        found = GoTranslator.inspect({"source": DEFAULTS})
        self.assertEqual([p.name for p in found], ["seed", "share", "target", "quiet", "steps"])
        self.assertEqual(tuple(found[1]), ("share", "float64", "0.5", "of all"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
