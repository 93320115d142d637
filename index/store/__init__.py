"""SQLite, which is the truth, and the vector index, which is derived from it."""
