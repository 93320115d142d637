"""Settings, and the profiles of digests in them."""
