"""The two faces of the assistant: the command line and the browser."""

import sys

if sys.platform == "win32":  # before any module that needs fcntl or resource: a sentence, not a traceback
    sys.exit(
        "papers: this program runs on Linux and macOS, not on Windows itself. "
        "Install it in WSL 2 (https://learn.microsoft.com/windows/wsl/install) and run it there."
    )
