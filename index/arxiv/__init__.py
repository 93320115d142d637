"""arXiv: ids, metadata, PDFs, and the announcements of a day."""
