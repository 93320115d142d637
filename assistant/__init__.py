"""Passages and a language model in, checked answers and reports out. Knows nothing of screens.

llm        the language model
setup      finding or fetching Ollama and a model
verify     does this span support this sentence?
config     settings and profiles
language   phrases, translation
question   a question, understood once
references what a bibliography says of a paper, in and out
answering  a question to a checked answer
chat       conversations
breakdown  one paper, field by field
digest     a day of arXiv
report     pages and files of both
vault      notes of all of it in a folder
bench      measurements
context    everything a command works with, opened when needed
contract   the JSON of --json
doctor     the checks of papers doctor
"""
