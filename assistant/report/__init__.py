"""Breakdowns, comparisons and digests as Markdown, HTML, CSV and RSS; the templates are beside this file.

escape   hostile text made safe for a page
render   a record as a page
files    files of a report, and the feed
"""
