"""Fixtures of the app's tests; those from `server` on are of tests in a browser."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from altair.utils import schemapi
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from streamlit.components.v2 import manifest_scanner

from lifelong import api
from tests.app.helpers import (
    CHROMIUM,
    DESKTOP,
    FLAGS,
    PATIENCE,
    IdleWorker,
    Server,
    server_environment,
)

# A camera that shows a test picture.
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# All pages are of one server: one process draws them, and has their scripts compiled.
ONE_PROCESS = (
    "--disable-site-isolation-trials",
    "--in-process-gpu",
    "--renderer-process-limit=1",
    "--disable-software-rasterizer",
    "--disable-extensions",
)
# Every page that is opened without a browser reads the metadata of every package installed: 0.3 s.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
_validate, _valid = schemapi.validate_jsonschema, set()


def _validate_once(spec, schema, *given, **named):
    """Validates a chart by its schema, once for each that differs by more than its rows of data:
    a third of the time that a page takes is the same charts again.
    """
    without_rows = {**spec, "datasets": None} if isinstance(spec, dict) else spec
    text = json.dumps([without_rows, schema], default=repr)
    form = re.sub("data-[0-9a-f]{32}", "data", text)  # a data set is named by its content
    if form in _valid:
        return None
    error = _validate(spec, schema, *given, **named)
    if error is None:
        _valid.add(form)
    return error


schemapi.validate_jsonschema = _validate_once
MEDIA = ("reduced_motion", "color_scheme")  # of a page; other options are those of a browser


@pytest.fixture(autouse=True)
def worker() -> Iterator[IdleWorker]:
    """A worker that the pages use and that trains nothing."""
    with api.connected(IdleWorker()) as idle:
        yield idle


@pytest.fixture
def worker_process() -> Iterator[api.WorkerClient]:
    """The real worker, which the pages use in this test."""
    with api.connected(api.WorkerClient()) as client:
        yield client
        client.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """The app, started by its own command."""
    running = Server(server_environment(LIFELONG_RUNS=str(tmp_path_factory.mktemp("runs"))))
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture(scope="session")
def context(tmp_path_factory) -> Iterator[BrowserContext]:
    """A visitor's headless Chromium, which has the scripts of the pages after the first one.

    With a profile on disk it also has them compiled.
    """
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as p:
        visitor = p.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=CHROMIUM,
            args=[*FLAGS, *ONE_PROCESS, *CAMERA],
        )
        visitor.grant_permissions(["clipboard-read", "clipboard-write"])
        yield visitor
        visitor.close()


@pytest.fixture(scope="session")
def browser(context: BrowserContext) -> Browser:
    """The visitor's Chromium, for windows of others that have nothing in their cache."""
    return context.browser


@pytest.fixture(scope="session")
def other_context(browser: Browser) -> BrowserContext:
    """The window of another visitor, with a cache of its own in memory."""
    return browser.new_context()


@pytest.fixture
def open_tab(browser, context, other_context) -> Iterator[Callable[..., Page]]:
    """Opens pages; fails after the test on a script error in any of them."""
    tabs: list[Page] = []
    problems: list[str] = []

    def open_tab(url: str, size=DESKTOP, script: str = "", **options) -> Page:
        # Where something moves only by itself, nobody would know when it is over.
        media = {"reduced_motion": "reduce"}
        media |= {name: options.pop(name) for name in MEDIA if name in options}
        # A second tab of the same window would put the first one into the background.
        window = other_context if tabs else context
        page = browser.new_page(**options) if options else window.new_page()
        page.emulate_media(**media)
        page.set_viewport_size(size)
        tabs.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: problems.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto(url)
        return page

    yield open_tab
    for page in tabs:
        page.close()
    for window in (context, other_context):
        window.clear_cookies()
    assert problems == []
