"""Papers in, passages out. Knows nothing of language models or screens."""
