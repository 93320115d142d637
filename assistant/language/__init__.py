"""The user's language: translation."""
