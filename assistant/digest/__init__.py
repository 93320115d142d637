"""Digests and monitor reports: what arXiv announced on a day, selected, ranked, broken down, summarised.

record       the stored form of a report, and the events of a run
ledger       announcements, reports and what they have shown, in the library
select       which papers of a listing are shown, and how many are left out
similarity   similarity to interests, a liked paper and the library
people       which authors are those that the user follows
rank         the order of the papers, with reasons
summary      the executive summary: themes, highlights, emerging terms, what to read
digest       one report, from a listing to its record
run          one run, from a request to its events
"""
