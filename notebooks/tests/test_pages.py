"""The notebooks of this folder as they are kept: in JupyterLab, and as nbconvert's pages opened from files without a network.

Needs requirements.txt of this folder; looks.py says what it reads from the environment.
"""

import os
import pathlib
import re
import unittest

from looks import FOLDER, LIMIT, InBrowser, page_of_file, set_lab_up

import lab
import nbformat
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

VIEW = re.compile('data-otherwise="[a-z]')
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
NOTEBOOKS = sorted(pathlib.Path(__file__).parents[1].glob("*.ipynb"))


def shown(notebook):
    """How many outputs a notebook has, and how many views that move."""
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    return len(outputs), sum(len(VIEW.findall(o.get("data", {}).get("text/html", ""))) for o in outputs)


class Pages(InBrowser):
    def check(self, page, selector, notebook, name):
        count, moving = shown(notebook)
        outputs = page.locator(selector)
        expect(outputs).to_have_count(count)
        expect(outputs.locator("[data-otherwise] > [data-live]")).to_have_count(moving)
        self.check_faults(page, outputs)
        self.screenshot(page, name)
        self.move_sliders(outputs, name)

    def test_1_pages_without_network(self):
        for path in NOTEBOOKS:
            with self.subTest(path.name):
                page = self.open(page_of_file(str(path), path.stem), 1100, offline=True)
                notebook = nbformat.read(path, as_version=4)
                self.check(page, ".jp-OutputArea-output", notebook, "page-" + path.stem)
                texts = "".join(c.source for c in notebook.cells if c.cell_type == "markdown")
                expect(page.locator(".jp-RenderedMarkdown math")).to_have_count(len(FORMULA.findall(texts)))
                self.assertNotIn("$", "".join(page.locator(".jp-RenderedMarkdown").all_inner_texts()))
                self.assertEqual([], [url for url in self.asked if url.startswith("http")])
                self.assertEqual([], self.errors)

    def test_2_jupyterlab(self):
        served = os.path.join(FOLDER, "served")
        os.makedirs(served)
        for path in NOTEBOOKS:
            notebook = nbformat.read(path, as_version=4)
            # of a kernel that isn't there JupyterLab asks, and its question takes the keys
            notebook.metadata.kernelspec = {"name": "python3", "display_name": "none", "language": "python"}
            NotebookNotary().sign(notebook)
            nbformat.write(notebook, os.path.join(served, path.name))
        set_lab_up()
        url, stop = lab.start(served, LIMIT, "--LabApp.expose_app_in_browser=True")
        self.addCleanup(stop)
        for path in NOTEBOOKS:
            with self.subTest(path.name):
                page = self.open(url(path.name), 1400, height=9000)
                page.wait_for_function("window.jupyterapp && window.jupyterapp.restored")
                self.check(page, ".jp-Notebook .jp-OutputArea-output", nbformat.read(path, as_version=4), "jupyterlab-" + path.stem)
                self.assertEqual([], self.errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
