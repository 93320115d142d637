"""A paper broken down, field by field."""
