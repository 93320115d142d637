"""The language model behind Ollama, and what it is asked."""
