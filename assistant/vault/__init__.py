"""A folder of Markdown notes, for Obsidian or any editor: one a paper, one an answer's conversation, one a report.

notes  one note: our part between two marks, everything else the user's
vault  which notes there are, and what our part of each says
"""
