"""What lies where on a page: lines, columns, floats, headings.

lines        words and lines as they were extracted
page_text    from MuPDF's page to lines
margins      running heads, page numbers, line numbers
page_layout  columns and reading order
regions      tables, figures, captions, footnotes
headings     which rows are headings, and of which level
outline      the PDF's own outline
paragraphs   where paragraphs begin
"""
