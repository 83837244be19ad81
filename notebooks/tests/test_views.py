"""What package viz puts into notebooks: in JupyterLab, and in nbconvert's page opened from a file without a network.

Needs requirements.txt of this folder, and in the environment, beside what looks.py reads,

    OTHERWISE_TEST_VIEWS         a notebook with outputs, which notebooks/views_test.go writes
"""

import os
import unittest

from looks import FAULTS, FOLDER, LIMIT, LOOKS, SCREENSHOTS, InBrowser, page_of_file

import lab
import nbformat
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

NOTEBOOK = os.environ["OTHERWISE_TEST_VIEWS"]
KINDS = {"compare": 3, "scrubber": 3, "explorer": 2, "gallery": 1}  # how many of each the notebook has


class Views(InBrowser):
    def check_moving(self, page, outputs):
        """Every view moves by its keys, and alone."""
        for kind, count in KINDS.items():
            views = outputs.locator(f'[data-otherwise="{kind}"]')
            expect(views).to_have_count(count)
            expect(views.locator("> [data-live]")).to_have_count(count)
            if kind == "gallery":
                self.check_gallery(page, views)
                continue
            for i in range(count):
                slider = views.nth(i).locator("input[type=range]")
                others = [views.nth(k).locator("output").text_content() for k in range(count) if k != i]
                looks, words = [], []
                for key in ("Home", "End", "ArrowLeft"):
                    slider.press(key)
                    words.append(views.nth(i).locator("output").text_content())
                    looks.append(views.nth(i).locator("> [data-live]").evaluate(LOOKS))
                self.assertEqual(3, len(set(words)), f"{kind} {i} says {words}")
                self.assertGreaterEqual(len(set(looks)), 1 if kind == "scrubber" and i > 0 else 3, f"{kind} {i} doesn't change its looks")
                self.assertEqual(slider.get_attribute("aria-valuetext"), words[-1])
                self.assertEqual(others, [views.nth(k).locator("output").text_content() for k in range(count) if k != i], f"{kind} {i} moves others")

    def check_gallery(self, page, views):
        large = views.locator("[aria-live] img")
        seen = {large.get_attribute("src")}
        views.locator("button").first.focus()
        for _ in range(2):
            page.keyboard.press("ArrowRight")
            seen.add(large.get_attribute("src"))
        self.assertEqual(3, len(seen))

    def check_explorer(self, outputs):
        """What the slider says of a mask is what the mask has."""
        explorer = outputs.locator('[data-otherwise="explorer"]').nth(1)
        slider = explorer.locator("input[type=range]")
        slider.press("Home")
        expect(explorer).to_contain_text("threshold 0.1")
        expect(explorer).to_contain_text("none computed here")
        few = explorer.locator("[data-live]").first.inner_text()
        slider.press("ArrowRight")
        expect(explorer).to_contain_text("square 0.800, flipped")
        expect(explorer).to_contain_text("of 1024 pixels")
        self.assertNotEqual(few, explorer.locator("[data-live]").first.inner_text())

    def test_1_page_without_network(self):
        for theme in ("light", "dark"):
            url = page_of_file(NOTEBOOK, theme, theme)
            for width in (800, 1400):
                with self.subTest(theme=theme, width=width):
                    page = self.open(url, width, offline=True)
                    outputs = page.locator(".jp-OutputArea-output")
                    expect(outputs).to_have_count(6)
                    self.check_faults(page, outputs)
                    self.screenshot(page, f"page-{theme}-{width}")
                    if SCREENSHOTS and (theme, width) == ("light", 1400):
                        for i, name in enumerate(("overview", "twice", "explorer", "gallery", "pictures", "plots")):
                            outputs.nth(i).screenshot(path=os.path.join(SCREENSHOTS, f"view-{name}.png"))
                    self.check_moving(page, outputs)
                    self.check_explorer(outputs)
                    self.assertEqual([], self.errors)

    def test_2_page_without_scripts(self):
        page = self.open(page_of_file(NOTEBOOK, "light"), 1400, offline=True, java_script_enabled=False)
        for kind, count in KINDS.items():
            views = page.locator(f'[data-otherwise="{kind}"]')
            expect(views).to_have_count(count)
            expect(views.locator("[data-live]")).to_have_count(0)
            for i in range(count):
                expect(views.nth(i).locator("[data-still]")).to_be_visible()
                expect(views.nth(i).locator("figure img, [data-frame] img").first).to_be_visible()
        self.screenshot(page, "page-without-scripts")

    def test_3_jupyterlab(self):
        folder = os.path.join(FOLDER, "served")
        os.makedirs(folder)
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        NotebookNotary().sign(notebook)
        nbformat.write(notebook, os.path.join(folder, "trusted.ipynb"))
        notebook.cells[0].source += " # changed, so that no signature fits"
        nbformat.write(notebook, os.path.join(folder, "untrusted.ipynb"))
        url, stop = lab.start(folder, LIMIT, "--LabApp.expose_app_in_browser=True")
        self.addCleanup(stop)
        for width in (800, 1400):
            page = self.open(url("trusted.ipynb"), width)
            page.wait_for_function("window.jupyterapp && window.jupyterapp.restored")
            outputs = page.locator(".jp-Notebook .jp-OutputArea-output")
            expect(outputs).to_have_count(6)
            expect(page.locator("[data-live]")).to_have_count(sum(KINDS.values()))
            self.check_faults(page, outputs)
            self.check_moving(page, outputs)
            self.check_explorer(outputs)
            self.assertEqual([], self.errors)
        # A view's keys are not the notebook's: the active cell stays, and is still there.
        page.locator(".jp-Notebook .jp-CodeCell").nth(1).locator(".jp-InputArea-prompt").click()
        page.locator('[data-otherwise="scrubber"] input').first.focus()
        for key in ("ArrowDown", "ArrowUp", "d", "d", "x"):
            page.keyboard.press(key)
        expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(6)
        page.locator('[data-otherwise="scrubber"]').first.scroll_into_view_if_needed()
        self.screenshot(page, "jupyterlab-light")
        page.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
        expect(page.locator('body[data-jp-theme-light="false"]')).to_have_count(1)
        page.wait_for_timeout(500)
        for i in range(6):
            outputs.nth(i).scroll_into_view_if_needed()
            self.screenshot(page, f"jupyterlab-dark-{i}")

        page = self.open(url("untrusted.ipynb"), 1400)
        outputs = page.locator(".jp-Notebook .jp-OutputArea-output")
        expect(outputs).to_have_count(6)
        expect(outputs.nth(2).locator("figure img").first).to_be_visible()
        expect(page.locator("[data-live]")).to_have_count(0)
        page.wait_for_timeout(500)
        for i in range(6):
            self.assertEqual([], [f for f in outputs.nth(i).evaluate(FAULTS) if not f.startswith("no text")])
            self.assertGreater(outputs.nth(i).locator("img >> visible=true").count(), 1)
            outputs.nth(i).scroll_into_view_if_needed()
            self.screenshot(page, f"jupyterlab-untrusted-{i}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
