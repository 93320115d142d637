"""Settings, and the profiles of digests in them.

settings  the only reader of environment and papers.toml
profiles  what a digest or monitor is asked for
keywords  matching keywords
"""
