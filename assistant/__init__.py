"""Passages and a language model in, checked answers and reports out. Knows nothing of screens."""
