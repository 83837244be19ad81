"""Jupyter's own tests of a kernel, by jupyter_kernel_test. Run as test_life.py is.

What Go, or GoNB, has no answer to stays unset, and the suite skips it: cells have no value of their own (execute_result), GoNB
keeps no history and doesn't say whether code is complete.
"""

import unittest

import jupyter_kernel_test
from test_life import KERNEL, LIMIT

jupyter_kernel_test.TIMEOUT = LIMIT


class ProtocolTest(jupyter_kernel_test.KernelTests):
    kernel_name = KERNEL
    language_name = "go"
    file_extension = ".go"
    code_hello_world = '%%\nfmt.Println("hello, world")'
    code_stderr = '%%\nfmt.Fprintln(os.Stderr, "to the error output")'
    code_generate_error = '%%\npanic("for the test")'
    code_display_data = [
        {"code": 'import "otherwise/kernel/display"\n%%\ndisplay.Show(display.Output{HTML: "<b>bold</b>", Text: "bold"})', "mime": "text/html"}
    ]
    completion_samples = [{"text": "%%\nfmt.Printl", "matches": {"Println", "Fprintln", "Sprintln"}}]
    code_inspect_sample = "%%\nfmt.Println"

    def test_error(self):
        """The suite's own expects the error alone; GoNB also sends what the program wrote to its error output, and a report."""
        self.flush_channels()
        reply, messages = self.execute_helper(code=self.code_generate_error, timeout=LIMIT)
        self.assertEqual(reply["content"]["status"], "error")
        kinds = [message["msg_type"] for message in messages]
        self.assertEqual(kinds.count("error"), 1)
        self.assertLessEqual(set(kinds), {"stream", "display_data", "error"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
