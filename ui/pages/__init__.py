"""What is shown in a page: words, safe HTML, citations, pages of papers and reports."""
