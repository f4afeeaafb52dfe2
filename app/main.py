"""Server of the app: `streamlit run app/main.py` serves all pages on one port."""

import asyncio
import contextlib
import gc
import signal
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

# Streamlit puts only this folder on the import path; the library lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Pages and Gradio import it in threads, where two imports that lead in a circle would fail.
import pandas  # noqa: F401
import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import Route

from app.server import log, metrics, visitor
from app.server.cookies import CookieFlags
from app.server.drawing import DrawingPage
from app.server.request_limit import RequestLimit
from app.server.security_headers import SecurityHeaders
from app.shared import assets
from app.shared.forwarded import Forwarded
from app.shared.page_head import PageHead
from lifelong import api

if TYPE_CHECKING:
    from fastapi import FastAPI

TITLE = "Lifelong: see a network forget"
# That the workers have after a signal, for their step and its state; the whole takes under five.
SECONDS_TO_SAVE = 3.5
# The pages, for programs that show a preview of a link to them.
PAGES = ("/", "/learn", "/train", "/compare", "/inspect", "/transfer", "/runs", "/about")
PREVIEW = Route("/preview.png", lambda _request: FileResponse(assets.ASSETS / "preview.png"))


def _build_drawing() -> "FastAPI":
    """Imports Gradio, in seconds, and returns the application that serves the drawing page."""
    from app.views.draw.gradio_app import host

    return host()


visitor.follow_rules()  # before the drawing page is made, which has a list of runs
drawing = DrawingPage(_build_drawing, on_failure=lambda: signal.raise_signal(signal.SIGTERM))
_numbers = metrics.Numbers() if metrics.is_on() else None
log.configure()
around = [
    Middleware(metrics.Watched, numbers=_numbers),
    Middleware(SecurityHeaders),
    Middleware(CookieFlags),
    *([Middleware(visitor.Visitors)] if api.access.is_public() else []),
    Middleware(RequestLimit),
]


def _end_streams_on(number: int, loop: asyncio.AbstractEventLoop) -> None:
    """Has a signal end the open streams of the drawing page first."""
    before = signal.getsignal(number)

    def handler(given: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(drawing.end_streams)
        if callable(before):
            before(given, frame)

    signal.signal(number, handler)


def _warm(worker: api.WorkerClient, teacher: api.WorkerClient) -> None:
    """Loads what visitors need, in that order: curves, first prediction, worker processes."""
    from app.views.draw.gradio_app import warm, warm_photographs, warm_remedies  # loads Gradio

    warm()
    if not api.access.is_read_only():
        worker.warm()
    api.warm()
    api.collection.entries()  # the records of many runs take a second
    warm_remedies()
    warm_photographs()
    if not api.access.is_read_only():
        teacher.warm()
    # Streamlit collects garbage after every run of a page, 0.2 s with all of torch to look through.
    gc.collect()
    gc.freeze()


@contextlib.asynccontextmanager
async def _lifespan(_app: object) -> AsyncIterator[dict[str, object]]:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            _end_streams_on(number, asyncio.get_running_loop())
    with (
        api.connected(api.WorkerClient()) as worker,
        api.lessons.connected(api.WorkerClient()) as teacher,
        api.challenges.connected(teacher),
    ):
        warming = threading.Thread(target=_warm, args=(worker, teacher), daemon=True)
        async with drawing.running(on_built=warming.start):
            yield {}
            closing = (asyncio.to_thread(each.close, SECONDS_TO_SAVE) for each in (worker, teacher))
            await asyncio.gather(*closing)
    # A last garbage collection over all of torch would take seconds.
    gc.freeze()


# Streamlit adds styles to a page after its first paint; these are there before it.
_styles = "".join(
    f"<style>{assets.read(name)}</style>"
    for name in ("dashboard.css", "draw/frame.css", "learn/learn.css", "terms.css")
)
app = st.App(
    Path(__file__).resolve().parent / "navigation.py",
    routes=[PREVIEW, *drawing.routes(), *([_numbers.route()] if _numbers else [])],
    lifespan=_lifespan,
    on_script_error=log.error,
    middleware=[
        *around,
        Middleware(Forwarded),
        Middleware(
            PageHead, title=TITLE, head=assets.read("home_head.html"), end=_styles, pages=PAGES
        ),
    ],
)
