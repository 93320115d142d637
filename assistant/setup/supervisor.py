"""Keeps one Ollama server alive for as long as a program of ours needs it; run as a script, standard library only.

    python ollama_supervisor.py BINARY ADDRESS USERS_FILE LOG_FILE

Each program that uses the server holds a shared lock on USERS_FILE. The system takes that lock away when the program
ends, however it ends, so this process only has to ask whether anybody holds one: when nobody does, it stops the server
and goes. Several programs share one server, the last one to go ends it, and not even kill -9 leaves an orphan behind.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

ASK_SECONDS = 0.25
STOP_SECONDS = 10.0
PR_SET_PDEATHSIG = 1


def main(binary: str, address: str, users_file: str, log_file: str) -> None:
    """Detach, print the own process id, serve until the last user is gone."""
    if os.fork():
        os._exit(0)  # the caller shall not be the parent: it need not stay, nor collect us
    os.setsid()
    os.write(sys.stdout.fileno(), f"{os.getpid()}\n".encode())
    with Path(log_file).open("ab", buffering=0) as log, Path(users_file).open("rb") as users:
        os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdin.fileno())
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _leave)
        server = subprocess.Popen(
            [binary, "serve"], env={**os.environ, "OLLAMA_HOST": address}, preexec_fn=_die_with_us
        )
        try:
            while server.poll() is None and not _nobody_left(users.fileno()):
                time.sleep(ASK_SECONDS)
        finally:  # the lock, if we have it now, is kept until the server is gone: a newcomer waits, then starts its own
            _stop(server)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _nobody_left(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _die_with_us() -> None:
    if sys.platform == "linux":  # where this process is killed outright, the server is told to end
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    # A model runner that outlived its server is in our process group.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(os.getpgrp(), signal.SIGTERM)


if __name__ == "__main__":
    main(*sys.argv[1:])
