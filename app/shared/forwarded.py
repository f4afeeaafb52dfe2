"""Requests that a proxy passes on: as if they had come at the address that the browser knows.

Gradio takes its own address from a request, and loses its path where a proxy names the host; under
a path of a larger site it would look for its parts at the root of that site.
"""

import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Any]
HOST = re.compile(rb"[A-Za-z0-9.:\[\]-]{1,255}")
PREFIX = re.compile(r"(?:/[A-Za-z0-9_~.-]{1,100}){1,8}")
SCHEMES = {b"http": "http", b"https": "https"}


@dataclass
class Forwarded:
    """ASGI middleware that follows X-Forwarded-Host, -Proto and -Prefix.

    The prefix is the path under which the proxy serves the app and which it has taken away.
    Whoever sends odd values changes only the answer to himself; they are ignored.
    """

    app: Application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Passes a request on, rewritten if a proxy has passed it on."""
        if scope["type"] in ("http", "websocket"):
            scope = rewritten(scope)
        await self.app(scope, receive, send)


def rewritten(scope: Scope) -> Scope:
    """Returns the scope of a request at the address that the browser knows.

    >>> scope = {"type": "http", "path": "/gradio/", "headers": [
    ...     (b"host", b"127.0.0.1:8501"), (b"x-forwarded-host", b"a.org"),
    ...     (b"x-forwarded-proto", b"https"), (b"x-forwarded-prefix", b"/lab/")]}
    >>> new = rewritten(scope)
    >>> new["path"], new["root_path"], new["scheme"], dict(new["headers"])[b"host"]
    ('/lab/gradio/', '/lab', 'https', b'a.org')
    """
    given = {name: value.split(b",")[0].strip() for name, value in scope["headers"]}
    host = given.get(b"x-forwarded-host", b"")
    scheme = SCHEMES.get(given.get(b"x-forwarded-proto", b""))
    prefix = given.get(b"x-forwarded-prefix", b"").decode("latin-1").rstrip("/")
    new = dict(scope)
    headers = [pair for pair in scope["headers"] if pair[0] != b"x-forwarded-host"]
    if HOST.fullmatch(host):
        headers = [(b"host", host), *(pair for pair in headers if pair[0] != b"host")]
    new["headers"] = headers
    if scheme:
        secure = scheme == "https"
        new["scheme"] = ("wss" if secure else "ws") if scope["type"] == "websocket" else scheme
    if PREFIX.fullmatch(prefix) and ".." not in prefix:
        new["root_path"] = prefix + scope.get("root_path", "")
        new["path"] = prefix + scope["path"]
        new["raw_path"] = prefix.encode() + scope.get("raw_path", scope["path"].encode())
    return new
