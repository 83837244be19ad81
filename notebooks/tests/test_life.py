"""The life of the installed kernel, from start to every kind of end, driven as Jupyter drives it.

Run it with a Python that has jupyter_client and psutil (see ../requirements.txt), with the kernel installed where Jupyter finds
it. `go test ./cmd/otherwise -run KernelLife` installs one to a temporary folder and runs this. In the environment:

    OTHERWISE_TEST_KERNEL   the kernel's name, "otherwise" by default
    OTHERWISE_TEST_STARTS   how many fresh kernels must run their first cell at once, 3 by default
"""

import os
import shutil
import tempfile
import time
import unittest

import jupyter_client
import psutil

KERNEL = os.environ.get("OTHERWISE_TEST_KERNEL", "otherwise")
STARTS = int(os.environ.get("OTHERWISE_TEST_STARTS", "3"))
LIMIT = 300  # seconds after which a test that hangs fails; nothing here should take more than a few

IMPORT = """import "otherwise/datasets"
%%
fmt.Println(datasets.ClassByName("boot", []string{"sneaker", "boot"}))"""
HELLO = '%%\nfmt.Println("hello")'
BUSY = '%%\nfmt.Println("busy")\ntime.Sleep(time.Hour)'


class Notebook:
    """A kernel and its client. Its temporary folder marks all of its processes, by their environment."""

    def __init__(self):
        self.temporary = tempfile.mkdtemp(prefix="otw")
        self.client = None
        self.manager = jupyter_client.KernelManager(kernel_name=KERNEL)
        self.manager.start_kernel(env=dict(os.environ, TMPDIR=self.temporary, GOPROXY="off"))
        self.connect()

    def connect(self):
        if self.client:
            self.client.stop_channels()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LIMIT)

    def run(self, code):
        """Runs a cell to its end; returns its status and what it printed."""
        printed = []

        def output(message):
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, output_hook=output, timeout=LIMIT, allow_stdin=False)
        return reply["content"]["status"], "".join(printed)

    def start_busy(self):
        """Starts a cell that doesn't end and waits for its first line; returns its request's id."""
        request = self.client.execute(BUSY)
        while True:
            message = self.client.get_iopub_msg(timeout=LIMIT)
            if message["msg_type"] == "stream" and "busy" in message["content"]["text"]:
                return request

    def status_of(self, request):
        while True:
            reply = self.client.get_shell_msg(timeout=LIMIT)
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"]["status"]

    def processes(self):
        """All living processes of the kernel, by what they are."""
        found = {}
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                    continue
                if self.temporary not in process.environ().get("TMPDIR", ""):
                    continue
                found.setdefault(self.kind(process.cmdline()), []).append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        return found

    @staticmethod
    def kind(command):
        name = os.path.basename(command[0]) if command else ""
        if name.startswith("otherwise") and command[1:2] == ["kernel"]:
            return command[2]  # run, guard or engine
        if name.startswith("gonb_"):
            return "cell"
        return name

    def only(self, kind):
        wait_until(lambda: len(self.processes().get(kind, [])) == 1, f"one {kind} among {self.processes()}")
        return self.processes()[kind][0]

    def folders(self):
        """The folders of kernels, living or dead."""
        return [
            os.path.join(self.temporary, user, kernel)
            for user in os.listdir(self.temporary)
            for kernel in os.listdir(os.path.join(self.temporary, user))
        ]

    def close(self):
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)


def wait_until(holds, what):
    deadline = time.monotonic() + LIMIT
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.05)


class Life(unittest.TestCase):
    def open(self):
        notebook = Notebook()
        self.addCleanup(shutil.rmtree, notebook.temporary, ignore_errors=True)
        self.addCleanup(notebook.close)
        return notebook

    def assert_hello(self, notebook):
        self.assertEqual(notebook.run(HELLO), ("ok", "hello\n"))

    def assert_nothing_left(self, notebook):
        wait_until(lambda: not notebook.processes(), f"the end of {notebook.processes()}")
        wait_until(lambda: not notebook.folders(), f"the end of {notebook.folders()}")

    def test_first_cell_imports_the_module(self):
        for _ in range(STARTS):
            notebook = self.open()
            self.assertEqual(notebook.run(IMPORT), ("ok", "1 <nil>\n"))
            notebook.manager.shutdown_kernel()
            self.assert_nothing_left(notebook)

    def test_cell_with_an_error(self):
        notebook = self.open()
        self.assertEqual(notebook.run("%%\nundefined()")[0], "error")
        self.assertEqual(notebook.run('%%\npanic("no")')[0], "error")
        self.assert_hello(notebook)

    def test_restart_idle(self):
        notebook = self.open()
        self.assert_hello(notebook)
        notebook.manager.restart_kernel()
        notebook.connect()
        self.assert_hello(notebook)
        self.assertEqual(len(notebook.folders()), 1)

    def test_restart_busy(self):
        notebook = self.open()
        notebook.start_busy()
        cell = notebook.only("cell")
        notebook.manager.restart_kernel()
        notebook.connect()
        self.assertNotIn(cell, notebook.processes().get("cell", []))
        self.assert_hello(notebook)
        self.assertEqual(len(notebook.folders()), 1)

    def test_interrupt(self):
        notebook = self.open()
        engine = notebook.only("engine")
        request = notebook.start_busy()
        notebook.manager.interrupt_kernel()
        self.assertEqual(notebook.status_of(request), "error")
        self.assert_hello(notebook)
        self.assertEqual(notebook.only("engine"), engine)

    def test_shutdown(self):
        notebook = self.open()
        self.assert_hello(notebook)
        notebook.manager.shutdown_kernel()
        self.assert_nothing_left(notebook)

    def test_two_notebooks(self):
        first, second = self.open(), self.open()
        self.assert_hello(first)
        self.assert_hello(second)
        first.manager.shutdown_kernel()
        self.assert_nothing_left(first)
        self.assert_hello(second)

    def test_kill_launcher_guard_or_gonb(self):
        for victim in "run", "guard", "gonb":
            with self.subTest(victim):
                notebook = self.open()
                notebook.start_busy()
                notebook.only(victim).kill()
                self.assert_nothing_left(notebook)

    def test_kill_cell(self):
        notebook = self.open()
        request = notebook.start_busy()
        notebook.only("cell").kill()
        self.assertEqual(notebook.status_of(request), "error")
        self.assert_hello(notebook)

    def test_kill_engine(self):
        notebook = self.open()
        engine = notebook.only("engine")
        engine.kill()
        wait_until(
            lambda: any(e != engine for e in notebook.processes().get("engine", [])),
            "a new engine",
        )
        self.assert_hello(notebook)

    def test_left_over_files_are_swept_by_the_next_start(self):
        notebook = self.open()
        self.assert_hello(notebook)
        (living,) = notebook.folders()
        dead = os.path.join(os.path.dirname(living), "1-dead")
        os.makedirs(os.path.join(dead, "tmp", "gonb_left"))
        notebook.manager.restart_kernel()
        notebook.connect()
        self.assertFalse(os.path.exists(dead))


if __name__ == "__main__":
    unittest.main(verbosity=2)
