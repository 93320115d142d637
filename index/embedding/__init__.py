"""Embedders, and the files that they are loaded from.

embed      text to vectors
files      obtaining an embedder; pinned files
quantize   weights in 8 bits, where they pay
downloads  files from elsewhere, with their SHA-256
"""
