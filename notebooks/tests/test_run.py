"""All notebooks, run in JupyterLab as a person does: opened, "Run All Cells" of the menu, and looked at when they have ended.

Needs requirements.txt of this folder and the installed kernel (see test_life.py); and in the environment, beside what looks.py
reads,

    OTHERWISE_TEST_NOTEBOOKS     which: the beginnings of their names, "01 04"; all by default
"""

import os
import pathlib
import re
import unittest

from looks import FOLDER, LIMIT, InBrowser, set_lab_up

import lab
import nbformat
from playwright.sync_api import expect

KERNEL = os.environ.get("OTHERWISE_TEST_KERNEL", "otherwise")
ROOT = pathlib.Path(__file__).resolve().parents[2]
WANTED = os.environ.get("OTHERWISE_TEST_NOTEBOOKS", "").split() or [""]

# The page says "idle" before there is a kernel, too; what is run then is forgotten.
KERNEL_WAITS = """() => {
    const context = window.jupyterapp.shell.currentWidget?.sessionContext;
    return context?.isReady && context.session?.kernel?.connectionStatus === 'connected';
}"""


class Run(InBrowser):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Notebooks without outputs, in a folder with the neighbours that theirs has: what runs here must not change the files.
        served = pathlib.Path(FOLDER, "run")
        for neighbour in ROOT.iterdir():
            if neighbour.name != "notebooks":
                served.mkdir(exist_ok=True)
                (served / neighbour.name).symlink_to(neighbour)
        (served / "notebooks").mkdir()
        cls.kept = {}
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            if path.name.startswith(tuple(WANTED)):
                cls.kept[path.name] = nbformat.read(path, as_version=4)
            notebook.metadata.kernelspec = {"name": KERNEL, "display_name": KERNEL, "language": "go"}
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
            nbformat.write(notebook, served / "notebooks" / path.name)
        set_lab_up()
        cls.url, stop = lab.start(str(served / "notebooks"), LIMIT, "--LabApp.expose_app_in_browser=True")
        cls.addClassCleanup(stop)

    def test_run_all_cells(self):
        for name, kept in self.kept.items():
            with self.subTest(name):
                self.run_all(name, [len(c.outputs) for c in kept.cells if c.cell_type == "code"])

    def run_all(self, name, counts):
        page = self.open(type(self).url(name), 1400, height=9000)
        page.wait_for_function("window.jupyterapp && window.jupyterapp.restored")
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        expect(cells).to_have_count(len(counts))
        page.wait_for_function(KERNEL_WAITS)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        for i, count in enumerate(counts):
            expect(cells.nth(i).locator(".jp-InputArea-prompt")).to_have_text(re.compile(r"\[\d+\]"))
            expect(cells.nth(i).locator(".jp-OutputArea-output")).to_have_count(count)
        outputs = page.locator(".jp-Notebook .jp-OutputArea-output")
        self.check_faults(page, outputs)
        expect(page.locator('.jp-Notebook [data-mime-type="application/vnd.jupyter.error"]')).to_have_count(0)
        expect(page.locator('.jp-Notebook [data-mime-type="application/vnd.jupyter.stderr"]')).to_have_count(0)
        self.move_sliders(outputs, name)
        self.screenshot(page, "run-" + name)
        self.assertEqual([], self.errors)
        page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")


if __name__ == "__main__":
    unittest.main(verbosity=2)
