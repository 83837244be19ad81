"""A full disk in the kernel's temporary folder. Run as test_life.py is; only root can mount the small disk that it needs."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import unittest

import jupyter_client
from test_life import HELLO, KERNEL, LIMIT, Notebook, wait_until
from test_stop import MODELS, STATE


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.disk = tempfile.mkdtemp(prefix="otw")
        self.addCleanup(shutil.rmtree, self.disk, ignore_errors=True)
        mount = ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", self.disk]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as why:
            self.skipTest(f"can't mount a small disk: {why}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)

    @contextlib.contextmanager
    def full(self):
        """Leaves no byte on the disk."""
        path = os.path.join(self.disk, "full")
        with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield
        os.remove(path)

    def test_cell(self):
        """A cell that can't be built says so; the disk freed, everything is as it was."""
        temporary, tempfile.tempdir = tempfile.tempdir, self.disk
        try:
            notebook = Notebook()
        finally:
            tempfile.tempdir = temporary
        self.addCleanup(notebook.close)
        self.assertEqual(notebook.run(MODELS), ("ok", "fashion\n"))
        before = notebook.run(STATE)
        with self.full():
            shown = []
            reply = notebook.client.execute_interactive(
                HELLO, output_hook=lambda m: shown.append(str(m["content"])), allow_stdin=False, timeout=LIMIT
            )
            self.assertEqual(reply["content"]["status"], "error")
            self.assertRegex("".join(shown), "is full: 0 MiB are free|no space left on device")
        self.assertEqual(notebook.run(STATE), before, "something was lost")
        notebook.manager.shutdown_kernel()
        wait_until(lambda: not notebook.processes() and not notebook.folders(), "the end of the kernel")

    def test_start(self):
        """A kernel that can't be started says so in one line, and leaves nothing."""
        with self.full():
            manager = jupyter_client.KernelManager(kernel_name=KERNEL)
            with tempfile.TemporaryFile("w+") as said:
                manager.start_kernel(env=dict(os.environ, TMPDIR=self.disk), stderr=said)
                self.addCleanup(manager.cleanup_resources)
                wait_until(lambda: not manager.is_alive(), "the kernel to give up")
                said.seek(0)
                lines = said.read().splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("is full: 0 MiB are free, 64 MiB are needed; free some, or set TMPDIR", lines[0])
            self.assertEqual(os.listdir(self.disk), ["full"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
