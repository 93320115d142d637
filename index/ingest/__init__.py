"""Files and arXiv ids to papers, chunks and vectors in the library.

ingest       the entry, one event a paper
embedding    vectors for papers that are in the library; reindexing
split_paper  a paper to chunks
same_work    whether two texts are versions of one work
"""
