"""The two faces of the assistant: the command line and the browser."""
