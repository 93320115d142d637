"""`papers` with an embedder of words, which needs no model file: `python -m words_cli COMMAND`."""

from bench_papers import WordEmbedder

from assistant.context import AppContext
from ui.cli import main

if __name__ == "__main__":  # pytest imports each module here for its doctests, and this is for a process of its own
    AppContext.embedder = WordEmbedder()
    main()
