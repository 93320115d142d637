"""arXiv: ids, metadata, PDFs, and the announcements of a day.

ids            what counts as an id
client         metadata, PDFs, the daily feed
session        pace, retries, limits
announcements  one announcement, one listing
feed_file      RSS and Atom
listings       saved listings
tex            TeX of titles and abstracts as text, and as words
"""
