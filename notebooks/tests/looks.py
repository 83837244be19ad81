"""What the tests of pages with views have in common: a browser without a screen, and how to find faults in what it shows.

Reads from the environment

    OTHERWISE_TEST_CHROMIUM      the browser, /usr/bin/chromium by default
    OTHERWISE_TEST_SCREENSHOTS   a folder for screenshots; none are made by default
    OTHERWISE_TEST_LIMIT         seconds after which a test that hangs fails; 180 by default
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = tempfile.mkdtemp(prefix="otw")
os.environ["JUPYTER_DATA_DIR"] = os.path.join(FOLDER, "data")  # where signatures of trusted notebooks are kept; read on import
os.environ["JUPYTERLAB_SETTINGS_DIR"] = os.path.join(FOLDER, "settings")
os.environ["JUPYTERLAB_WORKSPACES_DIR"] = os.path.join(FOLDER, "workspaces")

from playwright.sync_api import expect, sync_playwright

CHROMIUM = os.environ.get("OTHERWISE_TEST_CHROMIUM", "/usr/bin/chromium")
SCREENSHOTS = os.environ.get("OTHERWISE_TEST_SCREENSHOTS")
LIMIT = int(os.environ.get("OTHERWISE_TEST_LIMIT", "180"))

# Nothing is wider than what it stands in, and no picture that is seen is empty.
FAULTS = """root => {
    const faults = [], room = root.getBoundingClientRect();
    for (const node of root.querySelectorAll('[data-live], [data-still], figure, canvas, input')) {
        const box = node.getBoundingClientRect();
        if (box.width && box.right > room.right + 1 && !node.closest('[style*="overflow-x"]')) faults.push('too wide: ' + node.outerHTML.slice(0, 80));
    }
    for (const image of root.querySelectorAll('img')) {
        const seen = image.checkVisibility({visibilityProperty: true});
        if (seen && !(image.complete && image.naturalWidth && image.getBoundingClientRect().width > 4)) faults.push('empty: ' + image.outerHTML.slice(0, 80));
        if (!image.hasAttribute('alt')) faults.push('no text: ' + image.outerHTML.slice(0, 80));
    }
    for (const input of root.querySelectorAll('input, button')) if (!input.getAttribute('aria-label')) faults.push('no label: ' + input.outerHTML);
    return faults;
}"""

# What a view looks like, as text.
LOOKS = "live => [...live.querySelectorAll('img')].map(i => i.src + i.style.clipPath).join() + [...live.querySelectorAll('canvas')].map(c => c.toDataURL()).join()"


def page_of_file(notebook, name, theme="light"):
    """The page that nbconvert makes of a notebook, as an address."""
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--theme", theme, "--output-dir", FOLDER, "--output", name, notebook],
        check=True, capture_output=True,
    )
    return pathlib.Path(FOLDER, name + ".html").as_uri()


def set_lab_up():
    """Makes JupyterLab put every cell on the page, also those that aren't in sight, and ask nothing."""
    for plugin, settings in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false"},
    }.items():
        path = pathlib.Path(os.environ["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab", plugin + ".jupyterlab-settings")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))


class InBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        playwright = sync_playwright().start()
        cls.addClassCleanup(shutil.rmtree, FOLDER, ignore_errors=True)
        cls.addClassCleanup(playwright.stop)
        cls.browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        cls.addClassCleanup(cls.browser.close)
        expect.set_options(timeout=LIMIT * 1000)

    def open(self, url, width, height=1000, **options):
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(LIMIT * 1000)
        self.errors, self.asked = [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(url, wait_until="domcontentloaded")
        return page

    def screenshot(self, page, name):
        if SCREENSHOTS:
            page.screenshot(path=os.path.join(SCREENSHOTS, name + ".png"), full_page=True)

    def check_faults(self, page, outputs):
        page.wait_for_timeout(300)
        for i in range(outputs.count()):
            self.assertEqual([], outputs.nth(i).evaluate(FAULTS))

    def move_sliders(self, outputs, name):
        """Every slider in sight changes what is seen."""
        sliders = outputs.locator("[data-live] input[type=range]")
        for i in range(sliders.count()):
            slider, looks = sliders.nth(i), set()
            if not slider.is_visible():
                continue  # of a single step
            for key in ("Home", "End"):
                slider.press(key)
                looks.add(slider.locator("xpath=ancestor::*[@data-live][1]").evaluate(LOOKS))
            self.assertEqual(2, len(looks), f"slider {i} of {name} changes nothing")
