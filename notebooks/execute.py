"""Runs notebooks from the first cell to the last and keeps what their cells show: `make notebooks`, or

    python notebooks/execute.py [--output FOLDER] [--short] [NOTEBOOK ...]

with a Python that has nbclient and the kernel "Go (Otherwise)" (`otherwise kernel install`). Without --output the notebooks are
written in place; where a cell shows what it showed before but for times, the file keeps what it had, so that a second run
changes nothing.

All notebooks share one engine: what one has compiled, the next finds. --short gives variables the small values that a notebook's
metadata names for it, {"otherwise": {"short": {"iterations": "2"}}}, in its cell with the tag "parameters"; tests use it.
The metadata also say on what kind of processor a notebook ran: on another one, rounding may lead to other counterfactuals.
"""

import argparse
import contextlib
import os
import pathlib
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = pathlib.Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"name": "otherwise", "display_name": "Go (Otherwise)", "language": "go"},
    "language_info": {"name": "go", "file_extension": ".go", "mimetype": "text/x-go"},
}
# Times as package inline and fmt write them: "1.8 s", "1m2.5s", "350ms". Letters and digits around them belong to other things,
# such as the base64 of a picture.
TIME = re.compile(r"(?<![\w+/.=-])(?:\d+(?:\.\d+)? ?(?:h|min|m|s|ms|µs))+(?![\w+/=])")


@contextlib.contextmanager
def shared_engine(kernel):
    """An engine for all notebooks, in the environment while it runs."""
    spec = KernelSpecManager().get_kernel_spec(kernel)
    with tempfile.TemporaryDirectory(prefix="otw") as folder:  # of mode 0700, as an engine wants it
        path = os.path.join(folder, "engine.sock")
        engine = subprocess.Popen(
            [spec.argv[0], "kernel", "engine", "--socket", path], env=os.environ | spec.env, stdout=subprocess.DEVNULL
        )
        try:
            while not listens(path):
                if engine.poll() is not None:
                    sys.exit("the engine doesn't start; `otherwise doctor` may know why")
                time.sleep(0.1)
            os.environ["OTHERWISE_ENGINE"] = "unix:" + path
            yield
        finally:
            os.environ.pop("OTHERWISE_ENGINE", None)
            engine.terminate()
            try:
                engine.wait(timeout=30)
            except subprocess.TimeoutExpired:  # it is in the middle of a program
                engine.kill()
                engine.wait()


def listens(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(path) == 0


def shorten(notebook):
    """Gives variables of the cells tagged "parameters" the values for short runs. An unknown variable is an error."""
    for name, value in notebook.metadata.get("otherwise", {}).get("short", {}).items():
        found = 0
        for cell in notebook.cells:
            if "parameters" in cell.metadata.get("tags", []):
                declaration = re.compile(rf'^(var {name}\s*=\s*)(?:`[^`]*`|"[^"\n]*"|[^/\n]*?)(\s*//.*)?$', re.MULTILINE)
                cell.source, n = declaration.subn(lambda m: m[1] + value + (m[2] or ""), cell.source)
                found += n
        if found != 1:
            sys.exit(f'"var {name} =" stands {found} times in cells tagged "parameters", not once')


def processor():
    """What decides how a processor rounds: its model, cache, instructions for vectors, and the cores that share the work."""
    try:
        facts = dict(re.findall(r"^(.*?)\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    except OSError:
        facts = {"model": platform.machine()}
    flags = [f for f in facts.get("flags", "").split() if f.startswith(("avx", "amx", "fma"))]
    named = [facts[key] for key in ("vendor_id", "cpu family", "model", "cache size") if key in facts]
    return " ".join([*named, f"{len(os.sched_getaffinity(0))} cores", *sorted(flags)])


def tidy(notebook):
    """Leaves out what differs between two runs and says nothing: times of execution, the kernel's version."""
    notebook.metadata = METADATA | {key: value for key, value in notebook.metadata.items() if key not in METADATA}
    notebook.metadata["otherwise"] = notebook.metadata.get("otherwise", {}) | {"processor": processor()}
    number = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            number += 1
            cell.execution_count = number


def keep_what_is_the_same(notebook, before):
    """Gives the cells whose outputs differ by times alone the outputs they had."""
    had = {cell.id: cell for cell in before.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        if cell.id in had and without_times(cell.outputs) == without_times(had[cell.id].outputs):
            cell.outputs = had[cell.id].outputs


def without_times(value):
    if isinstance(value, str):
        return TIME.sub("TIME", value)
    if isinstance(value, list):
        return [without_times(v) for v in value]
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items()}
    return value


def execute(path, out, arguments):
    before = nbformat.read(path, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    if arguments.short:
        shorten(notebook)
    client = NotebookClient(
        notebook, kernel_name=arguments.kernel, timeout=arguments.timeout, startup_timeout=arguments.timeout,
        record_timing=False, coalesce_streams=True, resources={"metadata": {"path": str(path.parent)}},
    )  # fmt: skip
    begun = time.monotonic()
    try:
        client.execute()
    except CellExecutionError as e:
        sys.exit(f"{path.name}: {e}")
    print(f"{path.name}: {time.monotonic() - begun:.1f} s", flush=True)
    tidy(notebook)
    keep_what_is_the_same(notebook, before)
    whole = out / (path.name + ".part")
    nbformat.write(notebook, whole)
    whole.replace(out / path.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path, help="all of this folder if none is named")
    parser.add_argument("--output", type=pathlib.Path, help="folder to write to, instead of in place")
    parser.add_argument("--short", action="store_true", help="small values, for tests")
    parser.add_argument("--kernel", default="otherwise", help="name of the kernel")
    parser.add_argument("--timeout", type=int, default=600, help="seconds that a cell may take")
    arguments = parser.parse_args()
    with shared_engine(arguments.kernel):
        for path in arguments.notebooks or sorted(FOLDER.glob("[0-9]*.ipynb")):
            execute(path.resolve(), arguments.output or path.resolve().parent, arguments)


if __name__ == "__main__":
    main()
