"""What occurs where in a Paper.

sentences           sentence boundaries
tables              caption and header of a row
links               links of text and annotations
element_references  figures, tables, sections by number
method_names        what a paper is called
paper_card          a paper in a few lines
"""
