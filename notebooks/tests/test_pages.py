"""The notebooks of this folder as they are kept: in JupyterLab, and as nbconvert's pages opened from files without a network.

Needs requirements.txt of this folder; looks.py says what it reads from the environment.
"""

import json
import os
import pathlib
import re
import unittest

from looks import FOLDER, LIMIT, LOOKS, InBrowser, page_of_file

import lab
import nbformat
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

VIEW = re.compile('data-otherwise="[a-z]')
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
        sliders = outputs.locator("[data-live] input[type=range]")
        for i in range(sliders.count()):
            slider, looks = sliders.nth(i), set()
            if not slider.is_visible():
                continue  # of a single step
            for key in ("Home", "End"):
                slider.press(key)
                looks.add(slider.locator("xpath=ancestor::*[@data-live][1]").evaluate(LOOKS))
            self.assertEqual(2, len(looks), f"slider {i} of {name} changes nothing")

    def test_1_pages_without_network(self):
        for path in NOTEBOOKS:
            with self.subTest(path.name):
                page = self.open(page_of_file(str(path), path.stem), 1100, offline=True)
                self.check(page, ".jp-OutputArea-output", nbformat.read(path, as_version=4), "page-" + path.stem)
                self.assertEqual([], self.own_errors())

    def test_2_jupyterlab(self):
        served = os.path.join(FOLDER, "served")
        os.makedirs(served)
        for path in NOTEBOOKS:
            notebook = nbformat.read(path, as_version=4)
            # of a kernel that isn't there JupyterLab asks, and its question takes the keys
            notebook.metadata.kernelspec = {"name": "python3", "display_name": "none", "language": "python"}
            NotebookNotary().sign(notebook)
            nbformat.write(notebook, os.path.join(served, path.name))
        # every cell is on the page, also those that aren't in sight
        settings = pathlib.Path(os.environ["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab/notebook-extension/tracker.jupyterlab-settings")
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"windowingMode": "none"}))
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
