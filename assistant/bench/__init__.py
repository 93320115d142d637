"""Measurements; imported by the command `papers bench` alone.

run             suites, run
systems         what is measured, and by which code
ours            this program
starter         the LlamaIndex starter
corpora         what is searched
questions       data sets
finding_suites  suites that only find
answer_suite    suites that answer
everyday        natural questions
gold            suites with a gold written by hand
sections        headings
rows            results, intervals, differences
"""
