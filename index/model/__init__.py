"""The nouns of a paper, the errors and the settings; every package may import them."""
