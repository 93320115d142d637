"""The start of `papers serve`, with what it asks for and says; its end, with a page open, soon and without noise."""

import base64
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from browser import STARTED, key_of, running
from conftest import ROOT

END_SECONDS = 60  # on two cores beside a model at work; without an end it would be for ever


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_it_ends_while_a_page_is_open(home, by):
    """An open page holds a reply that has no end, Gradio's heartbeat: here it is asked for as the page does."""
    environment = {**os.environ, "PAPERS_HOME": str(home)}
    server = subprocess.Popen(command(), cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        found = STARTED.search(server.stderr.readline())
        address = f"{found.group(1)}/en/gradio_api/heartbeat/a1b2c3d4e5f"
        asked = urllib.request.Request(address, headers={"authorization": f"Bearer {found.group(2)}"})
        with urllib.request.urlopen(asked, timeout=60) as page:
            assert page.readline()
            server.send_signal(by)
            status = server.wait(END_SECONDS)
        assert (status, server.stderr.read()) == (0, "")
    finally:
        server.kill()
        server.wait()
        server.stderr.close()


def command(*options):
    return [sys.executable, "-m", "ui.cli", "serve", "--port", "0", "--no-open", "--no-model", *options]


def status(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "variables", "typed"), [(("--password", "-"), {}, "sésame\n"), ((), {"PAPERS_PASSWORD": "sésame"}, "")]
)
def test_a_password_need_not_be_in_the_command_line(home, options, variables, typed):
    """Where every user of the machine sees it."""
    environment = {**os.environ, "PAPERS_HOME": str(home), **variables}
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command(*options), cwd=ROOT, env=environment, **pipes) as server:
        try:
            server.stdin.write(typed)
            server.stdin.flush()
            url, token = STARTED.search(server.stderr.readline()).groups()
            right = base64.b64encode("me:sésame".encode()).decode()
            assert token is None and "papers serve" not in url
            assert status(f"{url}/own/app.js") == 401
            assert status(f"{url}/own/app.js", authorization=f"Basic {right}") == 200
        finally:
            server.kill()


def test_an_empty_password_is_none(home):
    done = subprocess.run(command("--password", "-"), cwd=ROOT, input="\n", capture_output=True, text=True)
    assert done.returncode == 2 and "it is empty" in done.stderr


@pytest.mark.slow
def test_without_a_token_it_says_who_can_read_the_papers(home):
    with running(home, "127.0.0.1:9", "--no-model", "--no-token") as (url, said):
        assert status(f"{url}/own/app.js") == 200
    assert "Everybody who has an account on this machine can read the papers" in "".join(said)
    with running(home, "127.0.0.1:9", "--no-model", "--host", "0.0.0.0", "--allow-remote") as (url, said):
        assert status(f"{url}/own/app.js") == 403
        assert status(f"{url}/own/app.js", **key_of(said)) == 200
    assert "The token and the papers travel in plain HTTP" in "".join(said)
