"""The server behind the browser.

server    binds the port, prints the address, serves until Ctrl-C
app       one application: a page per language, the routes, the guard
security  the guard: refuses requests that break the rules
access    who may enter: hosts, passwords, tokens
proxied   a request as the browser sent it, whatever a proxy made of it
patience  connections that ask for nothing are closed
uploads   the folder of uploads, and which files a request may name
"""
