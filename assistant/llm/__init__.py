"""The language model behind Ollama, and what it is asked.

chat_model  stream text, fill a schema
server      one Ollama server; the only home of its client
tokens      counting a prompt in the model's tokens
prompts     prompt files, filled in
threads     how many threads a call may use
errors      what can go wrong
"""
