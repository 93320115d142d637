"""Files and arXiv ids to papers, chunks and vectors in the library."""
