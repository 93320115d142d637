"""A question, understood once: what it asks for, of which papers, in which words it is searched.

question       the entry: understand()
form           the form of the answer, amounts, absent names
parts          several questions in one
per_paper      questions that go to every paper
whole_paper    questions about a whole paper or its elements
library_facts  questions that the catalogue answers
follow_up      a follow-up made to stand alone
"""
