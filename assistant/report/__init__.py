"""Breakdowns and digests as Markdown, HTML and JSON."""
