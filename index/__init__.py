"""Papers in, passages out. Knows nothing of language models or screens.

model      nouns, errors, settings
files      private folders, regular files, whole files
layout     what lies where on a page
reading    a PDF to a Paper
structure  sentences, tables, links, names of a Paper
store      SQLite and the vector index
embedding  embedders and their files
arxiv      ids, metadata, PDFs, announcements
search     a question to passages
ingest     files to the library
retriever  the search as a LlamaIndex retriever
"""

import os

try:
    import fcntl  # noqa: F401
    import resource  # noqa: F401
except ModuleNotFoundError:
    raise ImportError(
        "paper-assistant runs on Linux and macOS, not on Windows itself. "
        "Install it in WSL 2 (https://learn.microsoft.com/windows/wsl/install) and run it there."
    ) from None

# ONNX Runtime, which PyMuPDF and fastembed load, reports to its maker from 1.29 on (microsoft/onnxruntime#27379).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
