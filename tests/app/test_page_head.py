"""Additions to a page before it is sent; anything else is left as it is."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.shared.page_head import PageHead

PAGE = "<html><head><title>é</title></head><body class='x'><p>text</p></body></html>"


async def chunks():
    for part in (PAGE[:30], PAGE[30:]):
        yield part
        await asyncio.sleep(0)


@pytest.fixture
def client() -> TestClient:
    app = Starlette(
        routes=[
            Route("/", lambda request: HTMLResponse(PAGE, headers={"etag": "old"})),
            Route("/chunks", lambda request: StreamingResponse(chunks(), media_type="text/html")),
            Route("/json", lambda request: JSONResponse({"page": "</head>"})),
            Route("/gone", lambda request: HTMLResponse(PAGE, 404)),
        ]
    )
    app.add_middleware(PageHead, head="<b>", begin="<i>", end="<u>ü</u>")
    return TestClient(app, headers={"accept": "text/html", "accept-encoding": "gzip"})


@pytest.mark.parametrize("path", ["/", "/chunks"])
def test_a_page_gets_all_additions(client, path):
    answer = client.get(path)
    assert answer.text == (
        "<html><head><title>é</title><b></head><body class='x'><i><p>text</p><u>ü</u></body></html>"
    )
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers, "else a browser would keep the page as it was"


@pytest.mark.parametrize("path", ["/json", "/gone"])
def test_anything_else_is_left_as_it_is(client, path):
    assert "<b>" not in client.get(path).text


def test_a_program_gets_the_title_and_the_full_address_of_the_preview(client):
    app = PageHead(client.app, title="Mine", head='<meta content="ORIGIN/a.png">', pages=("/",))
    page = TestClient(app, base_url="https://lifelong.test").get("/", headers={"accept": "*/*"})
    assert page.text.count("<title>") == 1 and "<title>Mine</title>" in page.text
    assert '<meta content="https://lifelong.test/a.png">' in page.text
    hostile = TestClient(app).get("/", headers={"host": 'a"><script>'}).text
    assert '<meta content="/a.png">' in hostile and "<script>" not in hostile


def test_what_is_not_asked_for_as_a_page_is_left_as_it_is(client):
    assert client.get("/", headers={"accept": "*/*"}).text == PAGE
