"""Does this span support this sentence?

support         the one judge: stated, backed, not backed
evidence_model  how likely sources support a sentence
alignment       which words carry which
agreement       negation, direction, strength, order, names
amounts         numbers, rounded, converted, worked out
orders          sentences that tell the reader what to say: they back nothing
claim           a copied sentence to its span; citations
table_check     row and column of a number
quantities      numbers by value
terms           stems, names, numbers, negations
text_faults     form of model text
fact_check      numbers, names and links of a statement
"""
