"""JupyterLab, started for a test."""

import secrets
import socket
import subprocess
import sys
import time
import urllib.request


def start(folder, limit, *flags):
    """Serves a folder; gives a function from a notebook's name to its address, and one that stops the server."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    token = secrets.token_hex(16)
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
        + ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
        + ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", *flags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def stop():
        server.terminate()
        try:
            server.wait(timeout=60)  # it ends its kernels first
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    deadline = time.monotonic() + limit
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={token}").close()
            return lambda notebook: f"http://127.0.0.1:{port}/lab/tree/{notebook}?token={token}&reset", stop
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                stop()
                raise
            time.sleep(0.1)
