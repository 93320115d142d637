"""A PDF to a Paper: one text, and the spans over it.

read_pdf      the entry; the only home of pymupdf
worker        the same in a process with limits; draws pages
assemble      rows, headings and floats to one text
writer        the text, word by word
front_matter  title, year, arXiv id
authors       names of the authors
text_quality  whether a text layer is of use
letter_names  the letters of TeX's bitmap fonts
"""
