"""A question to passages.

searcher         the entry: dense and lexical, fused
subjects         which papers a question is about
topics           which papers are about a topic
fusion           several rankings to one
passages         chunks to passages
missing_vectors  an emptied vector index is noticed
"""
