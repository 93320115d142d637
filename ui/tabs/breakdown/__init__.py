"""The breakdown tab."""
