"""Laws of visitors' cookies: signed, flagged, and of no use where they were forged."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.server import cookies, visitor
from app.server.cookies import CookieFlags
from lifelong.storage import owners
from tests.properties.helpers import quick

SIGNER = visitor.Signer("s" * 40)


async def page(_request):
    return HTMLResponse("<p>")


async def who(_request):
    return JSONResponse(await run_in_threadpool(owners.visitor))


async def streamlits(_request):
    line = "_streamlit_xsrf=2|a|b; Path=/; SameSite=Lax"
    return PlainTextResponse("", headers={"set-cookie": line})


@pytest.fixture
def client(monkeypatch):
    """Returns the function that returns a new browser at a public server."""
    monkeypatch.delenv("SPACE_ID", raising=False)
    around = [Middleware(CookieFlags), *[Middleware(visitor.Visitors, signer=SIGNER)] * 2]
    routes = [
        Route("/", page),
        Route("/who", who, methods=["GET", "POST"]),
        Route("/x", streamlits),
    ]
    app = Starlette(routes=routes, middleware=around)
    with owners.used(owners.Rules(visitor.identified_by(SIGNER))):
        yield lambda address="http://test": TestClient(app, address)


def test_a_page_gives_one_cookie_that_is_the_visitors_from_then_on(client):
    one, other = client(), client()
    assert one.get("/who").json() == "" and not one.cookies, "parts of a page give none"
    answer = one.get("/")
    (line,) = answer.headers.get_list("set-cookie")
    assert re.fullmatch(
        rf"{visitor.COOKIE}=[\w.-]+; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax", line
    )
    found = one.get("/who").json()
    assert re.fullmatch("[0-9a-f]{32}", found) and one.post("/who").json() == found
    assert visitor.owner_of(line[17:49]) == found and found not in line, "on disk is a hash"
    one.get("/")
    assert one.get("/who").json() == found, "a later page renews the same"
    other.get("/")
    assert other.get("/who").json() != found


@quick
@given(some.one_of(some.text(max_size=90), some.integers(0, 90), some.sampled_from(["", "=", ";"])))
def test_a_forged_or_changed_cookie_is_nobodys_and_never_an_error(change):
    true = SIGNER.sign("0" * 32)
    forged = change if isinstance(change, str) else _changed(true, change)
    assert SIGNER.number(forged) == "" or forged == true
    assert visitor.Signer("t" * 40).number(true) == ""
    assert SIGNER.number(SIGNER.sign("not a number")) == ""


def _changed(text: str, at: int) -> str:
    at %= len(text)
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


@pytest.mark.parametrize("given", ["x", "0" * 32, "a.b.c", '"', "\xff\xfe", "=;=", "a" * 4000])
def test_a_forged_cookie_gives_a_new_visitor(client, given):
    browser = client()
    header = {"cookie": f"{visitor.COOKIE}={given}".encode("latin-1")}
    assert browser.get("/who", headers=header).json() == ""
    answer = browser.get("/", headers=header)
    assert answer.status_code == 200 and visitor.COOKIE in answer.headers["set-cookie"]
    assert browser.get("/who").json() != ""


def test_a_cookie_is_too_old_after_its_age(monkeypatch):
    old = SIGNER.sign("0" * 32)
    assert SIGNER.number(old) == "0" * 32
    now = time.time() + visitor.AGE + 2
    monkeypatch.setattr(time, "time", lambda: now)
    assert SIGNER.number(old) == ""


def test_flags_follow_the_connection_and_the_frame(client, monkeypatch):
    https = {"x-forwarded-proto": "https"}
    own = client().get("/", headers=https).headers["set-cookie"]
    assert own.endswith("; HttpOnly; Secure; SameSite=Lax")
    assert client("https://test").get("/x").headers["set-cookie"].endswith("; Secure")
    assert client().get("/x").headers["set-cookie"].endswith("Path=/; SameSite=Lax")
    for name, value in (("SPACE_ID", "a/b"), ("LIFELONG_FRAME_ANCESTORS", "'self' https://a.org")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            for path in ("/", "/x"):
                line = client().get(path, headers=https).headers["set-cookie"]
                assert line.endswith("; Secure; SameSite=None; Partitioned"), line
                assert line.count("SameSite") == 1 and line.count("Secure") == 1
                plain = client().get(path).headers["set-cookie"]
                assert plain.endswith("SameSite=Lax") and "Secure" not in plain
    assert not cookies.is_framed()


def test_rules_are_those_of_the_environment(monkeypatch):
    before = owners.use(owners.Rules())
    try:
        for name in ("SPACE_ID", visitor.PUBLIC, visitor.READ_ONLY):
            monkeypatch.delenv(name, raising=False)
        visitor.follow_rules()
        assert not owners.is_public() and not owners.is_read_only()
        monkeypatch.setenv("SPACE_ID", "a/b")
        visitor.follow_rules()
        assert owners.is_public() and owners.visitor() == ""
        monkeypatch.setenv(visitor.PUBLIC, "0")
        monkeypatch.setenv(visitor.READ_ONLY, "1")
        visitor.follow_rules()
        assert not owners.is_public() and owners.is_read_only()
    finally:
        owners.use(before)
        visitor.signer.cache_clear()
