"""Ollama and a chat model, found or fetched.

process           a server that runs, or one that we start
supervisor        keeps a started server alive; run as a script
install           Ollama from its archive or from source
chat_model_files  which model, and from where
"""
