"""Ollama and a chat model, found or fetched."""
