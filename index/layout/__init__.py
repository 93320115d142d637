"""What lies where on a page: lines, columns, floats, headings."""
