"""The project as a person meets it: the app is started by its own command and used in headless Chromium."""

import contextlib
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

from tests.image_helpers import png, ship

ROOT = Path(__file__).parents[2]
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000  # milliseconds: a machine with other work to do is no reason to fail
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# Once more where one fails: a browser on a machine with other work to do sometimes stalls for reasons that are not ours.
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.flaky(reruns=2),
]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """`streamlit run app/main.py` on a port of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app/main.py",
                "--server.port",
                str(self.port),
                "--server.headless",
                "true",
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(1200):
            try:
                if urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).read() == b"ok":
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("the app did not start within a minute")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    environment = {
        **os.environ,
        "LIFELONG_RUNS": str(tmp_path_factory.mktemp("runs")),
        "LIFELONG_OFFLINE": "1",
    }
    environment.pop("LIFELONG_DATA", None)
    running = Server(environment)
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def screenshots(tmp_path) -> Path:
    """Where pictures go: `LIFELONG_SCREENSHOTS=tests/screenshots` makes those of the README anew."""
    folder = Path(os.environ.get("LIFELONG_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def the_pad(page):
    """The Gradio page within the Streamlit page, once it can be drawn on and stays where it is."""
    page.wait_for_selector("iframe[src*='/gradio']", timeout=PATIENCE)
    frame = page.frame_locator("iframe[src*='/gradio']")
    canvas = frame.locator("#pad canvas")
    canvas.wait_for(timeout=PATIENCE)
    before = None
    while before != (now := canvas.bounding_box()):
        before = now
        page.wait_for_timeout(300)
    return frame


def draw_a_zero(page, frame) -> None:
    """An oval, with the mouse."""
    canvas = frame.locator("#pad canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    points = [
        (
            box["x"] + box["width"] * (0.5 + 0.2 * math.sin(a / 12 * math.pi)),
            box["y"] + box["height"] * (0.5 - 0.32 * math.cos(a / 12 * math.pi)),
        )
        for a in range(25)
    ]
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y)
    page.mouse.up()


def no_sideways_scrolling(page) -> bool:
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_visitor_draws_a_zero_and_sees_it_forgotten(server, browser, screenshots, size):
    page = browser.new_page(viewport=size)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(server.url)
    page.wait_for_selector(
        "[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg",
        timeout=PATIENCE,
    )
    frame = the_pad(page)
    draw_a_zero(page, frame)
    sentence = frame.locator("#sentence")
    sentence.get_by_text(re.compile("Known after task 1")).wait_for(timeout=PATIENCE)
    assert "lost while learning task 2" in sentence.inner_text()
    assert frame.locator("#strip [data-after='0'][data-known='yes']").count() == 1
    assert frame.locator("#strip [data-after='4'][data-known='no']").count() == 1
    assert no_sideways_scrolling(page)
    name = "draw" if size is DESKTOP else "draw-phone"
    page.mouse.move(1, 1)
    page.wait_for_timeout(1000)  # for the picture alone: the last answer, and the curve beside it
    page.screenshot(path=screenshots / f"{name}.png")
    assert problems == []
    page.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_visitor_goes_from_digits_to_photographs_and_back(
    server, browser, screenshots, tmp_path, size
):
    page = browser.new_page(viewport=size)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(server.url)
    the_pad(page)
    page.locator(".st-key-other_kind button").click()
    page.get_by_text("Show it a photo. Watch it being forgotten.").wait_for(timeout=PATIENCE)
    frame = page.frame_locator("iframe[src*='cifar10']")
    frame.locator("#strip").get_by_text("airplane").first.wait_for(
        timeout=PATIENCE
    )  # the last part that is put up: the run's own answer
    page.wait_for_timeout(1000)
    file = tmp_path / "ship.png"
    file.write_bytes(png(ship()))
    frame.locator("#pad input[type=file]").set_input_files(file)
    frame.locator("#sentence").get_by_text("it shows a ship").click(
        timeout=PATIENCE
    )  # an airplane is meant unless one says otherwise
    frame.locator("#strip [data-after='4'][data-known='yes']").wait_for(timeout=PATIENCE)
    assert "run=cifar10-class-finetune" in page.url and no_sideways_scrolling(page)
    page.screenshot(path=screenshots / ("photo.png" if size is DESKTOP else "photo-phone.png"))
    page.locator(".st-key-other_kind button").click()
    page.get_by_text("Draw a 0. Watch it being forgotten.").wait_for(timeout=PATIENCE)
    assert problems == []
    page.close()


@contextlib.contextmanager
def telling(page):
    """Where what is waited for does not come, the failure tells what the page shows instead."""
    try:
        yield
    except TimeoutError as error:
        raise AssertionError(
            f"{error.message.splitlines()[-1]} on {page.url}: {page.inner_text('body')[:1500]}"
        ) from error


CHART = "[data-testid='stVegaLiteChart']"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_visitor_trains_a_run_and_watches_the_curves_grow(server, browser, screenshots, size):
    page = browser.new_page(viewport=size)
    page.goto(f"{server.url}/train")
    page.get_by_text("Generative", exact=True).click(
        timeout=PATIENCE
    )  # plain training would be over before one could look
    page.locator(".st-key-strategy_card").get_by_text("make up images").wait_for(timeout=PATIENCE)
    page.locator(".st-key-learn_all button").click()
    page.wait_for_url(re.compile(r"run=mnist-class-dgr-"), timeout=PATIENCE)
    page.get_by_text(re.compile(r"Task \d of 5, step \d+ of \d+")).first.wait_for(timeout=PATIENCE)
    chart = page.locator(CHART).first
    chart.wait_for()
    early = chart.screenshot()
    page.get_by_text(re.compile(r"After 5 tasks the model gets")).wait_for(timeout=PATIENCE)
    page.get_by_text("embedded sample").first.wait_for(timeout=PATIENCE)
    assert page.locator(CHART).first.screenshot() != early
    assert no_sideways_scrolling(page)
    page.screenshot(path=screenshots / ("train.png" if size is DESKTOP else "train-phone.png"))

    second = browser.new_page(viewport=size)
    second.goto(page.url)
    second.get_by_text(re.compile(r"After 5 tasks the model gets")).wait_for(timeout=PATIENCE)
    second.close()
    page.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_why_leads_to_the_curve_with_the_drop(server, browser, screenshots, size):
    page = browser.new_page(viewport=size)
    page.goto(server.url)
    frame = the_pad(page)
    draw_a_zero(page, frame)
    frame.locator("#sentence .why").click(timeout=PATIENCE)
    page.wait_for_url(re.compile(r"inspect\?.*run=mnist-class-finetune"), timeout=PATIENCE)
    page.get_by_text("What it forgot").wait_for(timeout=PATIENCE)
    page.locator(CHART).nth(1).wait_for(timeout=PATIENCE)
    assert "task=0" in page.url
    assert "fell" in page.inner_text("body")
    assert no_sideways_scrolling(page)
    page.wait_for_timeout(1000)
    page.screenshot(path=screenshots / ("inspect.png" if size is DESKTOP else "inspect-phone.png"))
    page.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_visitor_sees_what_transfer_is_worth_and_comes_to_the_form(
    server, browser, screenshots, size
):
    page = browser.new_page(viewport=size)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{server.url}/transfer")
    page.locator(CHART).nth(1).wait_for(timeout=PATIENCE)
    assert re.search(r"Knowing 0–4 first helps.*points ± .*\(n = 5\)", page.inner_text("body"))
    assert no_sideways_scrolling(page)
    page.wait_for_timeout(1000)
    page.screenshot(
        path=screenshots / ("transfer.png" if size is DESKTOP else "transfer-phone.png")
    )

    page.locator(".st-key-new_study button").click()
    page.locator(".st-key-start_study button").wait_for(timeout=PATIENCE)
    assert no_sideways_scrolling(page)
    assert problems == []
    page.close()


def test_a_visitor_starts_and_stops_a_study(server, browser):
    page = browser.new_page(viewport=DESKTOP)
    page.goto(f"{server.url}/transfer?study=new")
    page.locator(".st-key-study_recipe").get_by_text("Paper", exact=True).click(
        timeout=PATIENCE
    )  # a quick one would be over before Stop
    with telling(page):
        page.locator(".st-key-start_study button").click(timeout=PATIENCE)
        page.wait_for_url(re.compile(r"study=transfer-mnist-"), timeout=PATIENCE)
        page.get_by_text(re.compile(r"[1-9]\d* of 60 models learned")).first.wait_for(
            timeout=PATIENCE
        )
        assert no_sideways_scrolling(page)
        page.locator(".st-key-stop button").click(timeout=PATIENCE)
        page.get_by_text(re.compile(r"Stopped; \d+ models learned so far")).first.wait_for(
            timeout=PATIENCE
        )
    page.close()
