"""The command line, one module per family of commands.

setup      papers setup, doctor
library    papers ingest, list, show, search, remove, reindex, backup, restore
references papers export, import, vault
ask        papers ask, chat
breakdown  papers breakdown, compare
digest     papers digest, monitor
serve      papers serve, mcp
bench      papers bench
options    what the commands share: options, the opened application, JSON
progress   progress bars on stderr
terminal   lines and results in a terminal, with hostile text made harmless
"""
