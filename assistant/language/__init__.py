"""The user's language.

phrases      what the program itself says, from assistant/words
translate    questions into English for searching, sentences into Chinese for reading
"""
