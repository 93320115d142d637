"""Embedders, and the files that they are loaded from."""
