"""One paper analysed in 22 fields, each finding with the words that support it.

record           the stored form: subject, fields, findings, references; comparisons
sources          find a paper by name; its text from the library, a PDF or an abstract
select           the sentences that answer a field
paraphrase       a sentence as a short statement, checked against it
facts            where facts are stated, and how much that is about the paper's own work; links
named_things     data sets and metrics
training_facts   hyper-parameters and hardware
locators         the name of a place: "§4.1.2", "Table 2"
kept             fields stored in the library
breakdown        a paper field by field
compare          papers side by side
"""
