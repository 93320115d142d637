"""What occurs where in a Paper: sentences, tables, links, references to its elements."""
