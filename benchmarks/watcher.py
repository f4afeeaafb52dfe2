"""Visitor of a Streamlit page without a browser: its web socket, kept open, and its live parts.

What a browser sends is sent: the first run of the page, a click on a button, and the reruns of
the page's live parts at their intervals, `auto_rerun`. Nothing is drawn, and no message is
referred to by its hash, as a browser does with large ones it has: the server sends each in full.
"""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

STEP = re.compile(r"(\d+) of \d+, step ([\d,]+) of")  # of the progress of a run
Shown = tuple[int, int]  # the number of the task, from 1, and the step that a page shows


class Watcher:
    """Visitor who has a page open.

    on_shown: called with each moment of a run that the page comes to show. buttons: ids by label.
    errors: exceptions that the page showed. answers: seconds of each rerun, from question to end.
    """

    def __init__(
        self, url: str, page: str, query: str, on_shown: Callable[[Shown], None] = lambda _: None
    ) -> None:
        self.url, self.page, self.query = url, page, query
        self.on_shown = on_shown
        self.buttons: dict[str, str] = {}
        self.errors: list[str] = []
        self.answers: list[float] = []
        self._script = ""
        self._since: float | None = None
        self._live: dict[str, asyncio.Task[None]] = {}
        self._idle = asyncio.Event()

    async def watch(self, until: float) -> None:
        """Opens the page and follows it until a moment of `time.perf_counter`."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        async with websockets.connect(
            address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None, proxy=None
        ) as self._socket:
            await self._ask()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(
                    asyncio.get_running_loop().time() + until - time.perf_counter()
                ):
                    async for message in self._socket:
                        self._follow(ForwardMsg.FromString(message))
            for each in self._live.values():
                each.cancel()

    async def press(self, label: str) -> None:
        """Presses a button of the page, once it is there and the page is done."""
        while label not in self.buttons:
            await asyncio.sleep(0.05)
        await self._ask(pressed=self.buttons[label])

    async def _ask(self, fragment: str = "", pressed: str = "") -> None:
        message = BackMsg()
        state: Any = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        state.page_script_hash = self._script
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        if pressed:
            state.widget_states.widgets.add(id=pressed, trigger_value=True)
        self._idle.clear()
        self._since = time.perf_counter()
        await self._socket.send(message.SerializeToString())

    def _follow(self, message: Any) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._script = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self._end_live()
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun)
        elif kind == "stop_auto_rerun":
            self._end_live()
        elif kind == "script_finished":
            if self._since is not None:
                self.answers.append(time.perf_counter() - self._since)
            self._since = None
            self._idle.set()
        elif kind == "delta":
            self._element(message.delta.new_element)

    def _element(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "exception":
            self.errors.append(element.exception.message)
        elif kind == "progress" and (found := STEP.search(element.progress.text)):
            task, step = (int(each.replace(",", "")) for each in found.groups())
            self.on_shown((task, step))

    def _repeat(self, given: Any) -> None:
        """Reruns a live part at its interval, as a browser's timer does."""

        async def repeat() -> None:
            with suppress(websockets.ConnectionClosed):  # `watch` sees it, too
                while True:
                    await asyncio.sleep(given.interval)
                    if self._idle.is_set():
                        await self._ask(fragment=given.fragment_id)

        if given.fragment_id not in self._live:
            self._live[given.fragment_id] = asyncio.create_task(repeat())

    def _end_live(self) -> None:
        for each in self._live.values():
            each.cancel()
        self._live.clear()
