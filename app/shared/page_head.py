"""Puts styles and scripts into an HTML page before it is sent.

Streamlit and Gradio add what a page brings along once their own scripts run, after the first paint:
whatever is there by then jumps.
"""

import re
from collections.abc import Callable, Collection, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Any]
Application = Callable[[Message, Callable[[], Any], Send], Any]
STALE = (b"content-length", b"etag", b"last-modified")  # of the page as it was


ORIGIN = "ORIGIN"
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")  # of a request; anything else is no address


def _origin(scope: Message) -> str:
    """Returns the address of the app as the browser knows it; empty if the host is odd.

    >>> _origin({"scheme": "http", "headers": [(b"host", b"a.org:8501")]})
    'http://a.org:8501'
    >>> _origin({"headers": [(b"host", b"a.org"), (b"x-forwarded-proto", b"https")]})
    'https://a.org'
    >>> _origin({"headers": [(b"host", b"a.org")], "root_path": "/lab"})
    'http://a.org/lab'
    >>> _origin({"headers": [(b"host", b'"><script>')]})
    ''
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    scheme = headers.get(b"x-forwarded-proto", scope.get("scheme", "http"))
    host = headers.get(b"host", "")
    address = f"{scheme}://{host}{scope.get('root_path', '')}"
    return address if HOST.fullmatch(host) and scheme in ("http", "https") else ""


@dataclass
class PageHead:
    """ASGI middleware that adds HTML to every page: to its head, and before and after its body.

    title: replaces the page's, if it is given. ORIGIN in the head stands for the address of the
    server as the browser knows it. pages: paths that are pages also for programs, which do not say
    that they want one; those that show a preview of a link do so.
    """

    app: Application
    title: str = ""
    head: str = ""
    begin: str = ""
    end: str = ""
    pages: Collection[str] = ()

    async def __call__(self, scope: Message, receive: Callable[[], Any], send: Send) -> None:
        """Passes a request on, and changes the answer if it is an HTML page."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return await self.app(scope, receive, send)
        # A compressed page could not be changed.
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        wants_page = any(n == b"accept" and b"text/html" in value for n, value in headers)
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        if not wants_page and path not in self.pages:
            return await self.app(scope, receive, send)
        changed = _Changed(self, _origin(scope), send)
        await self.app({**scope, "headers": headers}, receive, changed)

    def changed(self, page: bytes, origin: str = "") -> bytes:
        """Returns an HTML page with the additions.

        >>> PageHead(None, "", "<style></style>", "<p>", "</p>").changed(
        ...     b"<head></head><body>text</body>")
        b'<head><style></style></head><body><p>text</p></body>'
        """
        if self.title:
            page = re.sub(rb"<title>.*?</title>", b"", page, count=1, flags=re.DOTALL)
        title = f"<title>{self.title}</title>" if self.title else ""
        head = title + self.head.replace(ORIGIN, origin)
        page = page.replace(b"</head>", head.encode() + b"</head>", 1)
        start = page.find(b">", page.find(b"<body")) + 1
        end = page.rfind(b"</body>")
        if not 0 < start <= end:
            return page
        return page[:start] + self.begin.encode() + page[start:end] + self.end.encode() + page[end:]


class _Changed:
    """Receiver of a page's messages, which passes them on once the page is whole."""

    def __init__(self, additions: PageHead, origin: str, send: Send) -> None:
        self.additions = additions
        self.origin = origin
        self.send = send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            html = any(
                name.lower() == b"content-type" and value.startswith(b"text/html")
                for name, value in message["headers"]
            )
            if html and message["status"] == 200:
                self.start = message
                return
        elif self.start is not None and message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_changed(self.start)
            return
        await self.send(message)

    async def _send_changed(self, start: Message) -> None:
        page = self.additions.changed(self.body, self.origin)
        kept = [pair for pair in start["headers"] if pair[0].lower() not in STALE]
        length = (b"content-length", str(len(page)).encode())
        await self.send({**start, "headers": [*kept, length]})
        await self.send({"type": "http.response.body", "body": page})
