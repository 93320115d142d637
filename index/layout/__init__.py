"""What lies where on a page: lines, columns, floats, headings.

lines        words and lines as they were extracted
page_text    from MuPDF's page to lines
bitmap_fonts Type 3 fonts whose size says nothing
margins      running heads, page numbers
line_numbers numbers that count the lines of a manuscript
sidebar      the strip beside the abstract
page_layout  columns and reading order
regions      tables, figures, captions, footnotes
headings     which rows are headings, and of which level
outline      the PDF's own outline
paragraphs   where paragraphs begin
"""
