"""Tests of the drawing page of the server, which is built beside the other pages."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from app.server.drawing import FAILED, DrawingPage
from tests.app.helpers import run_coroutine


def host() -> FastAPI:
    routes = [
        Mount("/gradio", PlainTextResponse("page")),
        Mount("/lessons", PlainTextResponse("lessons")),
        Route("/answer", lambda _request: PlainTextResponse("answer"), methods=["POST"]),
    ]
    return FastAPI(routes=routes)


def served(page: DrawingPage, on_built) -> Starlette:
    @asynccontextmanager
    async def lifespan(_app):
        async with page.running(on_built):
            yield

    other = Route("/other", lambda _request: PlainTextResponse("other"))
    return Starlette(routes=[other, *page.routes()], lifespan=lifespan)


def test_requests_wait_for_the_page_while_others_are_answered():
    may_build, built = threading.Event(), threading.Event()

    def build() -> FastAPI:
        may_build.wait(10)
        return host()

    page = DrawingPage(build, on_failure=pytest.fail)
    with TestClient(served(page, built.set)) as client, ThreadPoolExecutor(3) as executor:
        waiting = [
            executor.submit(client.get, "/gradio/"),
            executor.submit(client.get, "/lessons/a"),
            executor.submit(client.post, "/answer"),
        ]
        assert client.get("/other").text == "other"
        assert not built.is_set() and not any(each.done() for each in waiting)
        may_build.set()
        assert [each.result(10).text for each in waiting] == ["page", "lessons", "answer"]
        assert built.is_set()


def test_a_page_that_cannot_be_built_is_logged_ends_the_server_and_refuses(caplog):
    failed = threading.Event()

    def build() -> FastAPI:
        raise ImportError("no such package")

    page = DrawingPage(build, on_failure=failed.set)
    with (
        pytest.raises(ImportError, match="no such package"),
        TestClient(served(page, pytest.fail)) as client,
    ):
        answer = client.get("/gradio/")
        assert (answer.status_code, answer.text) == (503, FAILED)
        assert failed.is_set()
        assert "could not be built" in caplog.text and "no such package" in caplog.text


def test_a_server_that_ends_while_the_page_is_built_waits_for_it():
    may_build = threading.Event()

    def build() -> FastAPI:
        may_build.wait(10)
        return host()

    async def end_early() -> None:
        page = DrawingPage(build, on_failure=pytest.fail)
        page.further.append(SimpleNamespace(stop_event=threading.Event()))  # a Space's own
        async with page.running(on_built=pytest.fail):
            page.end_streams()
            assert page.further[0].stop_event.is_set()
            asyncio.get_running_loop().call_later(0.01, may_build.set)

    run_coroutine(end_early())
