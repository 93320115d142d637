"""`papers` with an embedder of words, which needs no model file: `python -m words_cli COMMAND`."""

from bench_papers import WordEmbedder

from assistant.context import AppContext
from ui.cli import main

AppContext.embedder = WordEmbedder()
if __name__ == "__main__":
    main()
