"""The front ends: the command line, the browser, and tools for other programs' models.

cli       the entry point `papers`
commands  the command line, one module per family of commands
web       the server behind the browser: app, guard, uploads
tabs      the tabs of the browser, one package each
pages     what pages are made of: words, HTML, citations, reports
jobs      work that outlives a click
mcp       tools for other programs' models

Imports point downwards: cli, commands, web, tabs, pages, jobs.
"""

import sys

if sys.platform == "win32":  # before any module that needs fcntl or resource: a sentence, not a traceback
    sys.exit(
        "papers: this program runs on Linux and macOS, not on Windows itself. "
        "Install it in WSL 2 (https://learn.microsoft.com/windows/wsl/install) and run it there."
    )
