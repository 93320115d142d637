"""A request as the browser sent it, whatever a proxy before this server made of it.

Gradio builds the address of its calls from headers that any client may send (X-Forwarded-Host and its like), and a
proxy may offer the pages below a path of its own. Both are settled here, once, before anything else sees a request.
"""

import re
from typing import TYPE_CHECKING

from ui.web.access import AccessRules

if TYPE_CHECKING:
    from starlette.types import Scope

# The addresses of this server: a proxy may have taken the root path off, and "/papers" may be both.
_OWN = re.compile(
    r"/(?:(?:en|zh|own|language|papers|talks|breakdowns|comparisons|digests|favicon\.ico)(?:/.*)?)?", re.DOTALL
)
# What proxies say of a request. uvicorn has read what it may of them, from a proxy on this machine (ui/web/server.py).
_OF_PROXIES = (b"forwarded", b"x-forwarded-", b"x-gradio-server", b"x-direct-url", b"x-original-", b"x-rewrite-url")


def addressed(scope: "Scope", rules: AccessRules) -> "Scope":
    """Return the request with the Host that the browser asked for, and with its path below `rules.root_path`.

    As ASGI has it, `path` begins with `root_path`; a proxy may have taken that off or not. What else proxies say is
    left out, so that nobody builds an address of it.
    """
    told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    others = [each for each in scope["headers"] if each[0] != b"host" and not each[0].startswith(_OF_PROXIES)]
    root, path = rules.root_path, scope["path"]
    inner = path.removeprefix(root)
    inner = inner if _OWN.fullmatch(inner) or path == root else path
    host = (b"host", rules.public_host(told).encode("latin-1"))
    return {**scope, "headers": [host, *others], "root_path": root, "path": root + inner}


def inner_path(scope: "Scope") -> str:
    """The path of an addressed request as this server has it, below its root path."""
    return str(scope["path"][len(scope["root_path"]) :])
