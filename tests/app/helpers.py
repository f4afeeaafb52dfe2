"""Helpers of the app's tests: pages opened without a browser, and the app served to one."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, TimeoutError
from streamlit.testing.v1 import AppTest

from lifelong.runs.folders import home

ROOT = Path(__file__).parents[2]
# From when a server answers until it has loaded Gradio, torch and the worker behind its pages.
SECONDS_TO_WARM = 11.0

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DISABLED_FEATURES = [
    # Pages of the address bar, loaded for every window although there is no bar to see.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    # Those that Playwright disables, whose list this one replaces.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 60_000  # milliseconds: a machine with other work to do is no reason to fail
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
CHART = "[data-testid='stVegaLiteChart']"
DRAWN_CHART = f"{CHART} svg.marks"
# Layout shifts that no input has caused, as the browser reports them.
MEASURE_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    window.shifts.push(...list.getEntries().filter((e) => !e.hadRecentInput).map((e) => e.value));
  }).observe({ type: 'layout-shift', buffered: true });
"""


def run_coroutine(coroutine: Coroutine) -> Any:
    """Returns the result of a coroutine, from a thread of its own: in this one the loop of a
    browser may be running.
    """
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, coroutine).result()


def open_page(page: str, **query: str) -> AppTest:
    """Opens a page at an address; fails on an exception in it."""
    at = AppTest.from_file(str(ROOT / "app" / "navigation.py"), default_timeout=30)
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page(f"views/{page}/{page}.py").run()
    assert not at.exception
    return at


def page_text(at: AppTest) -> str:
    """Returns all text of a page."""
    elements = [*at.title, *at.header, *at.markdown, *at.caption, *at.info, *at.error, *at.warning]
    return "\n".join(element.value for element in elements).replace("\u00a0", " ")


def button_keys(at: AppTest) -> set[str]:
    """Returns the keys of the buttons of a page."""
    return {button.key for button in at.button}


def chart_specs(at: AppTest) -> list[dict[str, Any]]:
    """Returns the Vega-Lite specifications of the charts of a page."""
    return [json.loads(chart.proto.spec) for chart in at.get("vega_lite_chart")]


class IdleWorker:
    """A worker client that notes its orders. positions: in the queue, by name of the run.

    waits: seconds until the turn of a run, by its name.

    seconds: that the first one is at work. errors: of the last orders, by name of the run.
    turns: the runs that were ordered together, to learn in turns.
    """

    def __init__(self) -> None:
        self.orders: list[tuple[str, int | None]] = []
        self.turns: list[list[str]] = []
        self.stopped: list[str] = []
        self.positions: dict[str, int] = {}
        self.waits: dict[str, float] = {}
        self.stopping: set[str] = set()
        self.killed: list[str] = []
        self.errors: dict[str, str] = {}
        self.seconds = 0.0  # at work

    def learn(self, folder: Path, until: int | None = None) -> None:
        self.orders.append((folder.name, until))

    def learn_in_turns(self, runs: Sequence[tuple[Path, Sequence[int]]]) -> None:
        self.orders += [(folder.name, turns[-1]) for folder, turns in runs]
        self.turns.append([folder.name for folder, _ in runs])

    def stop(self, folder: Path) -> None:
        self.stopped.append(folder.name)
        if folder.name in self.positions:
            self.stopping.add(folder.name)

    def is_stopping(self, folder: Path) -> bool:
        return folder.name in self.stopping

    def queue(self) -> list[Path]:
        return [home() / name for name in sorted(self.positions, key=self.positions.__getitem__)]

    def queue_position(self, folder: Path) -> int | None:
        return self.positions.get(folder.name)

    def seconds_at_work(self, folder: Path) -> float | None:
        return self.seconds if self.positions.get(folder.name) == 0 else None

    def seconds_until_turn(self, folder: Path) -> float | None:
        return self.waits.get(folder.name)

    def last_error(self, folder: Path) -> str:
        return self.errors.get(folder.name, "")

    def kill(self, folder: Path) -> None:
        self.killed.append(folder.name)

    def prepare(self, dataset: str) -> None: ...


class Server:
    """`streamlit run app/main.py` on a port of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        options = ["--server.port", port, "--server.headless", "true"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app/main.py", *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        give_up = time.monotonic() + 120
        while time.monotonic() < give_up:
            assert self.process.poll() is None, "the app ended while it started"
            try:
                if urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).read() == b"ok":
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the app did not start within two minutes")


def server_environment(**own: str) -> dict[str, str]:
    """Returns the environment of a server without network and without LIFELONG_DATA.

    Its worker trains studies by itself: under load another process takes a minute to start.
    """
    settings = {"LIFELONG_OFFLINE": "1", "LIFELONG_PROCESSES": "1"}
    environment = {**os.environ, **settings, **own}
    environment.pop("LIFELONG_DATA", None)
    return environment


@contextmanager
def explained(page: Page) -> Iterator[None]:
    """Adds the text of the page to the error when a wait in this block times out."""
    try:
        yield
    except TimeoutError as error:
        body = page.inner_text("body")[:1500]
        raise AssertionError(f"{error.message.splitlines()[-1]} on {page.url}: {body}") from error


def drawing_page(page: Page) -> FrameLocator:
    """Returns the Gradio page within the Streamlit page, once its pad can be drawn on."""
    frame = page.frame_locator("iframe[src*='/gradio']")
    frame.locator("#strip [data-after]").first.wait_for()
    # Above the frame nothing is added after the curves beside it.
    page.locator(DRAWN_CHART).first.wait_for()
    # With `trial`, the checks before a click: visible, in the same place for two frames, on top.
    frame.locator("#pad canvas").click(trial=True)
    return frame


class HeldRequests:
    """Requests of a page to addresses of a pattern, which are sent when they are released."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        self._released = False
        page.route(pattern, self._add)

    def _add(self, route: Route) -> None:
        if self._released:
            route.continue_()
        else:
            self.routes.append(route)

    def release(self) -> None:
        """Sends the requests; later ones are not held."""
        self._released = True
        for route in self.routes:
            route.continue_()


def shifted(page: Page) -> float:
    """Returns how much has jumped on a page that was opened with MEASURE_SHIFTS."""
    return sum(page.evaluate("window.shifts"))


def picture_name(name: str, size: dict[str, int]) -> str:
    """Returns the name of a screenshot's file."""
    return f"{name}.png" if size is DESKTOP else f"{name}-phone.png"


def screenshot(page: Page, name: str) -> None:
    """Stores a picture of a page in the folder LIFELONG_SCREENSHOTS; without it, takes none."""
    folder = os.environ.get("LIFELONG_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / name)


def no_sideways_scrolling(page: Page) -> bool:
    """Returns whether a page fits into its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
    )
