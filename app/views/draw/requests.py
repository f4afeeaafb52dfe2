"""Requests to the plain routes of the drawing page: bounded, and refused in one sentence."""

import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lifelong.api import LifelongError

Handler = Callable[[Request], Awaitable[Response]]


def refusing(handler: Handler) -> Handler:
    """Returns a handler that answers a LifelongError by its sentence, with status 400."""

    @functools.wraps(handler)
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except LifelongError as error:
            return JSONResponse({"error": str(error)}, 400)

    return handle


async def content_of(request: Request, largest: int, too_large: str) -> bytes:
    """Returns the content of a request. Raises LifelongError above so many bytes."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > largest:
            raise LifelongError(too_large)
    return content


def json_object(content: bytes) -> dict[str, Any]:
    """Returns the JSON object that a browser sent; an empty one for anything else.

    >>> json_object(b'{"run": "a"}'), json_object(b"[1]"), json_object(b"no JSON")
    ({'run': 'a'}, {}, {})
    """
    try:
        sent: Any = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}
