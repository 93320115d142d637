"""The nouns of a paper, the errors and the settings; every package may import them.

paper       Span, Paper, Chunk, Passage: one text, many spans
records     what the library gives besides papers, and filters
errors      the tree of errors
settings    what the index needs to know
spelling    British and American
plain_text  hostile text made fit to be shown
"""
