"""Conversations: kept, found again, exported."""
