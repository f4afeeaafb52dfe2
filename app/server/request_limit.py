"""Limits of what one address may send: requests in a time, and bytes of one request."""

import os
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.responses import JSONResponse

from lifelong.api import LifelongError

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Any]
REQUESTS, PROXIES = "LIFELONG_MOST_REQUESTS", "LIFELONG_PROXIES"
LARGEST = 8_000_000  # bytes of a request to the drawing page
BOUNDED = ("/gradio", "/answer", "/lessons")  # Streamlit bounds its uploads itself
SEEN = "lifelong.limited"  # key of a request that was counted: one application is within another
TOO_MANY = "Too many requests came from your address; wait a little and go on."
TOO_LARGE = "That request is too large; send a smaller file."


def requests_limit() -> RateLimitItem | None:
    """Returns the most requests that change something from one address: `LIFELONG_MOST_REQUESTS`.

    Raises LifelongError for what is no rate.
    """
    given = os.environ.get(REQUESTS)
    try:
        return parse(given) if given else None
    except ValueError:
        raise LifelongError(
            f"{REQUESTS} was given as {given!r}; expected a rate such as 600/minute."
        ) from None


def proxies() -> int:
    """Returns the number of proxies before the app: `LIFELONG_PROXIES`, by default none."""
    given = os.environ.get(PROXIES, "0")
    if not given.isdecimal():
        raise LifelongError(f"{PROXIES} was given as {given!r}; expected a number from 0 on.")
    return int(given)


def address_of(scope: Scope, proxies: int) -> str:
    """Returns the address that a request comes from.

    proxies: of one's own, each of which adds the address that it was asked by at the end of
    X-Forwarded-For; what stands before these, anybody may have written.

    >>> scope = {"client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", b"6.6.6.6, 1.2.3.4")]}
    >>> address_of(scope, 0), address_of(scope, 1)
    ('10.0.0.1', '1.2.3.4')
    """
    direct = str((scope.get("client") or ("", 0))[0])
    given = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    chain = [part.strip() for part in b",".join(given).decode("latin-1").split(",") if part.strip()]
    return chain[-proxies][:60] if 0 < proxies <= len(chain) else direct


@dataclass
class RequestLimit:
    """ASGI middleware that refuses requests beyond the limits, with one sentence as JSON."""

    app: Application
    most: RateLimitItem | None = field(default_factory=requests_limit)
    proxies: int = field(default_factory=proxies)
    counter: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage())
    )

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Passes a request on or refuses it."""
        if scope["type"] != "http" or scope.get(SEEN):
            return await self.app(scope, receive, send)
        scope[SEEN] = True
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            if self.most and not self.counter.hit(self.most, address_of(scope, self.proxies)):
                return await _refused(scope, receive, send, TOO_MANY, 429)
            if _is_too_large(scope):
                return await _refused(scope, receive, send, TOO_LARGE, 413)
        await self.app(scope, receive, send)


def _is_too_large(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    is_bounded = path.startswith(BOUNDED)
    return is_bounded and any(not v.isdigit() or int(v[:12]) > LARGEST for v in lengths)


async def _refused(scope: Scope, receive: Any, send: Any, sentence: str, status: int) -> None:
    headers = {"Retry-After": "10"} if status == 429 else {}
    await JSONResponse({"error": sentence}, status, headers)(scope, receive, send)
