"""A notebook in JupyterLab, in the system's Chromium without a screen: what a person sees and presses.

Needs requirements.txt of this folder and the installed kernel (see test_life.py); looks.py says what it reads from the
environment.
"""

import contextlib
import os
import re
import time
import unittest

from looks import FOLDER, LIMIT, InBrowser

import lab
import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import TimeoutError, expect

KERNEL = os.environ.get("OTHERWISE_TEST_KERNEL", "otherwise")

PICTURE = """import (
	"otherwise/counterfactual"
	"otherwise/viz/inline"
)

var slope = counterfactual.Picture{Height: 2, Width: 2, Channels: 1, Values: []float32{0, .3, .6, 1}}

%%
inline.Show("a slope", slope)"""
LONG = """import (
	"time"

	"otherwise/eced"
	"otherwise/kernel"
)

%%
observe, done := inline.Watch("Long")
for i := range 1000 {
	if kernel.Context().Err() != nil {
		break
	}
	time.Sleep(50 * time.Millisecond)
	observe(counterfactual.Step{Stage: "denoise", Index: i, Total: 1000, TargetProbability: .5, Decoded: &slope})
}
done()
fmt.Println("stopped by itself")"""
PANIC = """func divide(a, b int) int {
	return a / b
}

%%
fmt.Println(divide(1, 0))"""
COMPLETE = "%%\neced."


class Browser(InBrowser):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        served = os.path.join(FOLDER, "served")
        os.makedirs(served)
        notebook = new_notebook(
            cells=[new_code_cell(source) for source in (PICTURE, LONG, PANIC, COMPLETE)],
            metadata={"kernelspec": {"name": KERNEL, "display_name": KERNEL, "language": "go"}},
        )
        nbformat.write(notebook, os.path.join(served, "test.ipynb"))
        url, stop = lab.start(served, LIMIT)
        cls.addClassCleanup(stop)
        cls.page = cls.browser.new_page(viewport={"width": 1100, "height": 1300})
        cls.page.set_default_timeout(LIMIT * 1000)
        cls.page.goto(url("test.ipynb"))
        expect(cls.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(4)

    def cell(self, index):
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def run_cell(self, index):
        """Runs a cell as a person does, again if JupyterLab wasn't ready for it, and returns the place of its outputs."""
        not_run = self.cell(index).locator(".jp-InputArea-prompt", has_text="[ ]:")
        deadline = time.monotonic() + LIMIT
        while not_run.count():
            self.assertLess(time.monotonic(), deadline, "the cell doesn't run")
            self.cell(index).locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            with contextlib.suppress(TimeoutError):
                not_run.wait_for(state="detached", timeout=5_000)
        return self.cell(index).locator(".jp-OutputArea-output")

    def ended(self, index):
        expect(self.cell(index).locator(".jp-InputArea-prompt")).to_have_text(re.compile(r"\[\d+\]"))

    def test_1_picture(self):
        outputs = self.run_cell(0)
        picture = outputs.locator("img")
        expect(picture).to_have_js_property("complete", True)
        self.assertEqual(picture.evaluate("i => [i.naturalWidth, i.width, i.height]"), [2, 160, 160])
        self.assertEqual(picture.evaluate("i => getComputedStyle(i).imageRendering"), "pixelated")
        expect(outputs).to_contain_text("a slope")
        self.ended(0)
        self.screenshot(self.page, "picture")

    def test_2_progress_and_stop(self):
        outputs = self.run_cell(1)
        expect(outputs).to_contain_text(re.compile(r"step \d+ of 1000"))
        before = outputs.inner_text()
        expect(outputs).not_to_have_text(before)
        expect(outputs).to_have_count(1)
        expect(outputs.locator("img")).to_have_count(1)
        self.screenshot(self.page, "progress")
        self.page.locator('[data-jp-item-name="interrupt"] >> visible=true').first.click()
        expect(self.cell(1)).to_contain_text("stopped by itself")
        expect(outputs.locator("progress")).to_have_count(0)
        self.ended(1)
        self.screenshot(self.page, "stopped")

    def test_3_panic_names_cell_and_line(self):
        outputs = self.run_cell(2)
        self.ended(2)
        expect(self.cell(2)).to_contain_text("integer divide by zero")
        expect(self.cell(2)).to_contain_text(re.compile(r"Cell\[\d+\]: Line 2"))
        self.screenshot(self.page, "panic")

    def test_4_completion(self):
        """The first completion waits for gopls to start; what a person waits for later is the second."""
        for attempt, text, want in ("cold", "eced.", {"New", "Options", "Method"}), ("warm", "kernel.", {"Backend", "Keep"}):
            self.cell(3).locator(".cm-content").click()
            self.page.keyboard.press("Control+End")
            self.page.keyboard.press("Shift+Home")
            self.page.keyboard.type(text)
            begun = time.monotonic()
            matches = self.page.locator(".jp-Completer-match >> visible=true")
            while not matches.count():
                self.assertLess(time.monotonic() - begun, LIMIT, f"no completion of {text}")
                self.page.keyboard.press("Tab")
                try:
                    matches.first.wait_for(timeout=5_000)
                except TimeoutError:
                    continue
            print(f"{attempt} completion: {time.monotonic() - begun:.2f} s", flush=True)
            self.assertLessEqual(want, set(matches.all_inner_texts()))
            self.screenshot(self.page, f"completion-{attempt}")
            self.page.keyboard.press("Escape")
            expect(matches).to_have_count(0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
