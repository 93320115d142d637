"""A question, understood once: what it asks for, of which papers, in which words it is searched."""
