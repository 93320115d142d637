"""Writes down whom a Python process turns to: each address it connects or sends to, each name it looks up.

Run as sitecustomize in a process and its children (`recording`), so that no call of a library is missed.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

# Audit event to which of its arguments says whom: docs.python.org/3/library/audit_events.html
EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.getnameinfo": 0,
}


def install(log: str) -> None:
    """Appends a line of JSON to `log` for each event, from now on."""

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS:
            whom = arguments[EVENTS[event]]
            name = whom[0] if isinstance(whom, tuple) else whom
            line = json.dumps([event, name.decode() if isinstance(name, bytes) else name])
            file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)  # anew each time: a child may be a fork
            os.write(file, f"{line}\n".encode())
            os.close(file)

    sys.addaudithook(heard)


def recording(folder: Path, log: Path) -> Mapping[str, str]:
    """What the environment of a Python process must say for its calls to be written to `log`."""
    folder.mkdir(exist_ok=True)
    start = f"import runpy\nrunpy.run_path({__file__!r})['install']({str(log)!r})\n"
    (folder / "sitecustomize.py").write_text(start, "utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


def called(log: Path) -> list[tuple[str, str]]:
    """The events and whom they name, without sockets that are files and names that are none."""
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    events = (json.loads(line) for line in lines)
    return [(event, name) for event, name in events if name and not str(name).startswith(("/", "\0"))]
