"""The digest tab."""
