"""`papers bench`: the same questions to this program and to the LlamaIndex starter, on data that nobody here wrote."""
