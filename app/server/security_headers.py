"""Headers that have a browser load nothing from elsewhere and refuse to be framed elsewhere."""

import os
import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from lifelong.api import LifelongError

Message = MutableMapping[str, Any]
Application = Callable[[Message, Any, Any], Any]
ANCESTORS = "LIFELONG_FRAME_ANCESTORS"
SELF = "'self'"
ADDRESS = re.compile(r"'self'|'none'|https?://(\*\.)?[A-Za-z0-9.-]{1,200}(:\d{1,5})?")
# Streamlit and Gradio start with scripts within the page, and charts compile their expressions.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


def frame_ancestors() -> str:
    """Returns who may frame the pages: `$LIFELONG_FRAME_ANCESTORS`, by default themselves alone.

    Raises LifelongError for what is no list of addresses.
    """
    given = os.environ.get(ANCESTORS, "").split() or [SELF]
    for each in given:
        if not ADDRESS.fullmatch(each):
            raise LifelongError(
                f"{ANCESTORS} was given with {each[:80]!r}; expected addresses such as"
                " https://huggingface.co with spaces between them."
            )
    return " ".join(given)


def headers() -> dict[bytes, bytes]:
    """Returns the headers of every answer."""
    policy = {**POLICY, "frame-ancestors": frame_ancestors()}
    text = "; ".join(f"{name} {value}" for name, value in policy.items())
    return {
        b"content-security-policy": text.encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"strict-origin-when-cross-origin",
        b"permissions-policy": b"geolocation=(), microphone=(), payment=(), usb=()",
    }


@dataclass
class SecurityHeaders:
    """ASGI middleware that adds the headers to every answer, in place of earlier ones."""

    app: Application
    added: dict[bytes, bytes] = field(default_factory=headers)

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Passes a request on, and adds the headers to its answer."""

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [pair for pair in message["headers"] if pair[0].lower() not in self.added]
                message = {**message, "headers": [*own, *self.added.items()]}
            await send(message)

        await self.app(scope, receive, changed if scope["type"] == "http" else send)
