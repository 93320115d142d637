"""A PDF to a Paper: one text, and the spans over it."""
