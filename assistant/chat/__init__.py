"""Conversations with the library.

conversation  turns kept in the library's database: start, add, load, search, rename, delete
turn          one question of a conversation, from its wording to the kept answer
export        a conversation as Markdown with numbered sources and BibTeX
"""
