"""References: one value for what a bibliography says of a paper, written and read in the formats of others.

reference   Reference and Name, and how a printed name is read
sources     the references of the library's papers and of arXiv ids
keys        citation keys: a template, and unique in one list
bibtex      BibTeX and biblatex, written and read
ris         RIS, written and read
csl         CSL-JSON, written and read; formatted citations in a CSL style
bibliography  a list of references as one text in any of these forms
reading     a file of any of the three, whatever it holds
matching    which paper of the library a reference means; its facts kept with the paper
"""
