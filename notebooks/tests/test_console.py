"""A cell in `jupyter console`, typed and read in a terminal. Run as test_life.py is, with pexpect."""

import sys
import unittest

import pexpect
from test_life import IMPORT, KERNEL, LIMIT

# GoNB doesn't answer whether code is complete; without this the console asks, waits, and sends the first line alone.
DONT_ASK = "--ZMQTerminalInteractiveShell.use_kernel_is_complete=False"


class Console(unittest.TestCase):
    def test_cell(self):
        console = pexpect.spawn(
            sys.executable, ["-m", "jupyter_console", "--kernel", KERNEL, DONT_ASK], encoding="utf-8", timeout=LIMIT, dimensions=(40, 160)
        )
        self.addCleanup(console.close, force=True)
        console.expect("Go kernel: gonb")
        console.expect("In ")
        for line in IMPORT.split("\n") + ["", ""]:  # empty lines end a cell
            console.send(line + "\r")
        console.expect_exact("1 <nil>")


if __name__ == "__main__":
    unittest.main(verbosity=2)
