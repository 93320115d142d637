"""Suites that compare what is shown with a gold written by hand; they search nothing.

claims      the judge of sentences
breakdowns  key sentences of breakdowns, and what their method sections answer
"""
