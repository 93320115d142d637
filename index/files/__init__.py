"""Files: who may read them, what they are, fetched whole."""
