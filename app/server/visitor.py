"""Visitors of a public server, known by a signed cookie that holds a random number.

On disk is a hash of the number, and nothing else about anybody. On one's own machine there are no
visitors and no cookie.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

import streamlit as st
from itsdangerous import BadSignature, TimestampSigner
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.server.cookies import header, is_https
from lifelong import api

if TYPE_CHECKING:  # importing it takes seconds
    import gradio as gr

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Any]
COOKIE = "lifelong_visitor"
AGE = 90 * 24 * 3600  # seconds that a browser is known after its last visit
PUBLIC, READ_ONLY = "LIFELONG_PUBLIC", "LIFELONG_READ_ONLY"
NUMBER = re.compile(r"[0-9a-f]{32}")
SEEN = "lifelong.visitor"  # key of a request that was looked at: one application is within another
SESSION = "visitor_number"  # in the state of a session whose browser refuses cookies
# The visitor of the request that is answered, empty for one who is not known.
_of_request: ContextVar[str] = ContextVar("visitor_of_request", default="")


def is_public() -> bool:
    """Returns whether strangers use this server: `LIFELONG_PUBLIC`, by default in a Space."""
    given = os.environ.get(PUBLIC)
    return given == "1" if given else bool(os.environ.get("SPACE_ID"))


def follow_rules() -> None:
    """Has this process follow the rules that its environment names. Before a page is made."""
    identify = identified_by(signer()) if is_public() else None
    api.access.use(api.access.Rules(identify, os.environ.get(READ_ONLY) == "1"))


class Signer:
    """Signature of the numbers in cookies, by a secret of the server."""

    def __init__(self, secret: str) -> None:
        self._signer = TimestampSigner(secret, salt=COOKIE, digest_method=hashlib.sha256)

    def sign(self, number: str) -> str:
        """Returns the value of a visitor's cookie."""
        return self._signer.sign(number).decode("ascii")

    def number(self, cookie: str | None) -> str:
        """Returns the number in a cookie; empty for one that is missing, forged or too old."""
        try:
            found = self._signer.unsign(cookie or "", max_age=AGE).decode("ascii")
        except (BadSignature, UnicodeError):
            return ""
        return found if NUMBER.fullmatch(found) else ""


def owner_of(number: str) -> str:
    """Returns what is noted on disk of a visitor: a hash that does not tell the number.

    >>> owner_of(""), len(owner_of("0" * 32))
    ('', 32)
    """
    return hashlib.sha256(f"{COOKIE} {number}".encode()).hexdigest()[:32] if number else ""


def identified_by(signer: Signer) -> Callable[[], str]:
    """Returns the function that returns the visitor whose request or page is being worked on."""

    def identify() -> str:
        if get_script_run_ctx(suppress_warning=True) is None:
            return _of_request.get()
        return owner_of(signer.number(st.context.cookies.get(COOKIE)) or session_number())

    return identify


def session_number() -> str:
    """Returns the number of a session of a page whose browser refuses cookies."""
    state = st.session_state
    if SESSION not in state:
        state[SESSION] = secrets.token_hex(16)
    return str(state[SESSION])


def is_of_session() -> bool:
    """Returns whether the visitor of this page is known until the page is closed only."""
    return api.access.is_public() and SESSION in st.session_state


@contextmanager
def of_request(request: "gr.Request | None") -> Iterator[None]:
    """Has whoever sent a request be the present visitor within the block.

    For Gradio, whose handlers run outside of requests. None where a handler is called in a test.
    """
    if request is None or not api.access.is_public():
        yield
        return
    cookies: Mapping[str, str] = request.cookies
    token = _of_request.set(owner_of(signer().number(cookies.get(COOKIE))))
    try:
        yield
    finally:
        _of_request.reset(token)


@cache
def signer() -> Signer:
    """Returns the signer of this process, whose secret may be in no file."""
    return Signer(api.access.server_secret())


@dataclass
class Visitors:
    """ASGI middleware that knows visitors by their cookie, and gives it with every page."""

    app: Application
    signer: Signer = field(default_factory=signer)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Passes a request on as that of its visitor."""
        if scope["type"] != "http" or scope.get(SEEN):
            return await self.app(scope, receive, send)
        scope[SEEN] = True
        number = self.signer.number(cookies_of(scope).get(COOKIE))
        token = _of_request.set(owner_of(number))

        async def changed(message: Scope) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                value = self.signer.sign(number or secrets.token_hex(16))
                line = header(COOKIE, value, AGE, is_https(scope))
                message = {**message, "headers": [*message["headers"], (b"set-cookie", line)]}
            await send(message)

        try:
            await self.app(scope, receive, changed)
        finally:
            _of_request.reset(token)


def cookies_of(scope: Scope) -> dict[str, str]:
    """Returns the cookies of a request by name; none of a header that cannot be read."""
    found: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found.load(value.decode("latin-1"))
            except CookieError:
                continue
    return {name: morsel.value for name, morsel in found.items()}


def _is_page(start: Scope) -> bool:
    """Returns whether an answer is an HTML page: of its parts many are loaded at once, and each
    would get another number.
    """
    types = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return start["status"] == 200 and any(value.startswith(b"text/html") for value in types)
