"""SQLite, which is the truth, and the vector index, which is derived from it.

library     papers, chunks, vectors and words
database    connections
migrations  the tables, from one format to the next
rows        statements of papers and chunks
blobs       the large parts of a paper, packed
fulltext    the words of chunks
cards       names and fronts of papers
vectors     the vector index; the only home of chromadb
find_paper  which paper a name means
tags        the user's words on papers
bibliography  what else is known of a paper: DOI, venue, citation key
backup      copies, and putting one back
"""
