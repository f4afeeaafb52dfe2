"""Cookies of the server and their flags, those of Streamlit included."""

import os
import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from app.server.security_headers import SELF, frame_ancestors

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Any]
SAME_SITE = re.compile(rb";\s*samesite=[a-z]+", re.IGNORECASE)


def is_https(scope: Scope) -> bool:
    """Returns whether a browser has sent a request by HTTPS, to this server or to a proxy.

    Whoever claims it without reason gets a cookie that their browser does not keep.

    >>> is_https({"scheme": "http", "headers": [(b"x-forwarded-proto", b"https, http")]})
    True
    """
    given = [value for name, value in scope["headers"] if name == b"x-forwarded-proto"]
    scheme = given[0].split(b",")[0].strip().decode("latin-1") if given else scope.get("scheme")
    return scheme in ("https", "wss")


def is_framed() -> bool:
    """Returns whether another site shows the pages in a frame, as the Hub does."""
    return bool(os.environ.get("SPACE_ID")) or frame_ancestors() != SELF


def flags(secure: bool) -> bytes:
    """Returns the flags of a cookie that say to whom a browser sends it.

    secure: whether the page came by HTTPS. In a frame of another site a cookie has to be sent from
    there, too; it is then another one in the frame of each site, which no third site can use.
    """
    if secure and is_framed():
        return b"; Secure; SameSite=None; Partitioned"
    return b"; Secure; SameSite=Lax" if secure else b"; SameSite=Lax"


def header(name: str, value: str, age: int, secure: bool) -> bytes:
    """Returns the value of a Set-Cookie header. age: in seconds."""
    given = f"{name}={value}; Path=/; Max-Age={age}; HttpOnly"
    return given.encode("latin-1") + flags(secure)


def flagged(line: bytes, secure: bool) -> bytes:
    """Returns a Set-Cookie header of Streamlit with the flags of this server's own.

    Its token against cross-site requests is read by its script, so HttpOnly is not added. What it
    says itself of other sites stays where no other site frames the pages.

    >>> flagged(b"_streamlit_xsrf=2|a; Path=/; SameSite=Lax", secure=True)
    b'_streamlit_xsrf=2|a; Path=/; SameSite=Lax; Secure'
    """
    given = {part.strip().lower() for part in line.split(b";")}
    if not secure:
        return line
    if not is_framed():
        return line if b"secure" in given else line + b"; Secure"
    parts = SAME_SITE.sub(b"", line).split(b";")
    own = (b"secure", b"partitioned", b"")
    remaining = [part for part in parts if part.strip().lower() not in own]
    return b";".join(remaining) + flags(secure)


@dataclass
class CookieFlags:
    """ASGI middleware that sets the flags of every cookie that is given."""

    app: Application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Passes a request on, and changes the cookies of its answer."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def changed(message: Scope) -> None:
            if message["type"] == "http.response.start":
                pairs = [
                    (name, flagged(value, is_https(scope)))
                    if name.lower() == b"set-cookie"
                    else (name, value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": pairs}
            await send(message)

        await self.app(scope, receive, changed)
