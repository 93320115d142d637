"""A question to an answer whose every sentence was checked."""
