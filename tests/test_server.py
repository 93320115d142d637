"""The end of `papers serve`: with a page open, by Ctrl-C and by a service manager, soon and without noise."""

import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from browser import STARTED
from conftest import ROOT

END_SECONDS = 60  # on two cores beside a model at work; without an end it would be for ever


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_it_ends_while_a_page_is_open(home, by):
    """An open page holds a reply that has no end, Gradio's heartbeat: here it is asked for as the page does."""
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0", "--no-open", "--no-model"]
    environment = {**os.environ, "PAPERS_HOME": str(home)}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        found = STARTED.search(server.stderr.readline())
        with urllib.request.urlopen(f"{found.group(1)}/en/gradio_api/heartbeat/a1b2c3d4e5f", timeout=60) as page:
            assert page.readline()
            server.send_signal(by)
            status = server.wait(END_SECONDS)
        assert (status, server.stderr.read()) == (0, "")
    finally:
        server.kill()
        server.wait()
        server.stderr.close()
