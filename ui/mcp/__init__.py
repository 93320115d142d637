"""The library for other programs' models, by the Model Context Protocol: the tools of `papers mcp` and its transports.

tools      what a client may call and read; each is the use case behind a command's --json
work       long work in a thread: progress told, cancelled when the client says so
transport  stdio, or HTTP on this machine with a token
"""
