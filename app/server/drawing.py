"""The drawing page, which is imported and built once the server answers for the other pages.

Gradio's import takes longer than all else that the server needs before its first answer.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route

if TYPE_CHECKING:  # importing it takes 0.1 s
    from fastapi import FastAPI

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Any]
FAILED = "The drawing page could not be built; the log of the server has the error."
_log = logging.getLogger("uvicorn.error")  # which a server always writes


@dataclass
class DrawingPage:
    """Routes of the drawing page; requests wait until it is built.

    build: imports and builds the page, in a thread. on_failure: called once the error of a build
    that failed is in the log; it ends the server.
    """

    build: Callable[[], "FastAPI"]
    on_failure: Callable[[], None]
    # Gradio applications that are served with the page, whose streams end with its own.
    further: list[Any] = field(default_factory=list)
    _host: "FastAPI | None" = None
    _is_built: asyncio.Event = field(default_factory=asyncio.Event)
    _has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> list[BaseRoute]:
        """Returns the routes for a web application, at the paths of those that are built."""
        return [
            Mount("/gradio", _Waiting(self, "/gradio")),
            Mount("/lessons", _Waiting(self, "/lessons")),
            Route("/answer", _Waiting(self, "/answer"), methods=["POST"]),
        ]

    def end_streams(self) -> None:
        """Ends Gradio's open streams, for which a server would wait as long as a tab is open."""
        own = [self._at("/gradio")] if self._host is not None else []
        for each in (*own, *self.further):
            each.stop_event.set()

    @asynccontextmanager
    async def running(self, on_built: Callable[[], None]) -> AsyncIterator[None]:
        """Builds the page beside the block, and closes it at its end.

        on_built: called once the page answers. Raises what a build that failed has raised.
        """
        work = asyncio.create_task(self._run(on_built))
        work.add_done_callback(self._report)
        try:
            yield
        finally:
            self._has_ended.set()
            await work

    async def _run(self, on_built: Callable[[], None]) -> None:
        try:
            host = await asyncio.to_thread(self.build)
            async with host.router.lifespan_context(host):
                self._host = host
                self._is_built.set()
                if not self._has_ended.is_set():
                    on_built()
                await self._has_ended.wait()
        finally:
            self._is_built.set()  # what waits is refused

    def _report(self, work: asyncio.Task[None]) -> None:
        error = None if work.cancelled() else work.exception()
        if error is not None:
            _log.critical("The drawing page could not be built.", exc_info=error)
            self.on_failure()

    async def application(self, path: str) -> Application:
        """Returns the application at a path once it is built; one that refuses if that failed."""
        await self._is_built.wait()
        if self._host is None:
            return PlainTextResponse(FAILED, 503)
        return self._at(path)

    def _at(self, path: str) -> Any:
        """Returns the application at a path; Gradio declares no type for some of its parts."""
        routes: list[Any] = self._host.routes if self._host else []
        return next(route.app for route in routes if getattr(route, "path", None) == path)


@dataclass
class _Waiting:
    """ASGI application at a path of a page that may not be built yet."""

    page: DrawingPage
    path: str

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        built = await self.page.application(self.path)
        await built(scope, receive, send)
