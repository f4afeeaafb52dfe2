"""The project as a person meets it: the app started by its own command, in headless Chromium.

Every wait is for a condition, with one time-out (PATIENCE) for all of them.
"""

import json
import math
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.helpers import (
    CHART,
    CHROMIUM,
    DESKTOP,
    DRAWN_CHART,
    FLAGS,
    PHONE,
    Server,
    drawing_page,
    explained,
    server_environment,
)
from tests.image_helpers import png, ship

PATIENCE = 60_000  # milliseconds: a machine with other work to do is no reason to fail
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(server_environment(LIFELONG_RUNS=str(tmp_path_factory.mktemp("runs"))))
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_tab(browser):
    """Opens pages; fails after the test on a script error in any of them."""
    tabs, problems = [], []

    def open_tab(url: str, size=DESKTOP):
        page = browser.new_page(viewport=size)
        tabs.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(url)
        return page

    yield open_tab
    for page in tabs:
        page.close()
    assert problems == []


@pytest.fixture
def screenshots(tmp_path) -> Path:
    """Folder of the pictures; LIFELONG_SCREENSHOTS=tests/screenshots makes those of the README."""
    folder = Path(os.environ.get("LIFELONG_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def picture_name(name: str, size) -> str:
    return f"{name}.png" if size is DESKTOP else f"{name}-phone.png"


def draw_a_zero(page, frame) -> None:
    """Draws an oval with the mouse."""
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


def questions(page) -> list[tuple[str, str]]:
    """Returns a list that fills with run and true class of every answer that the page asks for."""
    answered = []

    def note(request) -> None:
        inputs = json.loads(request.post_data)["data"] if "/queue/join" in request.url else []
        if len(inputs) == 4:  # drawing, run, classes, task label
            answered.append((inputs[1], inputs[2]["true_class"]))

    page.on("request", note)
    return answered


def no_sideways_scrolling(page) -> bool:
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
    )


@SIZES
def test_a_visitor_draws_a_zero_and_sees_it_forgotten(server, open_tab, screenshots, size):
    page = open_tab(server.url, size)
    frame = drawing_page(page)
    draw_a_zero(page, frame)
    sentence = frame.locator("#sentence")
    expect(sentence).to_contain_text("Known after task 1")
    expect(sentence).to_contain_text("lost while learning task 2")
    expect(frame.locator("#strip [data-after='0'][data-known='yes']")).to_have_count(1)
    expect(frame.locator("#strip [data-after='4'][data-known='no']")).to_have_count(1)
    expect(page.locator(DRAWN_CHART).get_by_text("100 % → 0 %")).to_be_visible()
    assert no_sideways_scrolling(page)
    page.mouse.move(1, 1)
    page.screenshot(path=screenshots / picture_name("draw", size))


@SIZES
def test_a_visitor_goes_from_digits_to_photographs_and_back(
    server, open_tab, screenshots, tmp_path, size
):
    page = open_tab(server.url, size)
    drawing_page(page)
    answered = questions(page)
    page.locator(".st-key-other_kind button").click()
    expect(page.get_by_text("Show it a photo. Watch it being forgotten.")).to_be_visible()
    frame = page.frame_locator("iframe[src*='cifar10']")
    # The run's own classes and the answer for it come last.
    expect(frame.locator("#truth").get_by_text("airplane")).to_be_visible()
    expect(frame.locator("#strip").get_by_text("airplane").first).to_be_visible()
    expect(frame.locator("#sentence")).to_contain_text("Upload a picture")
    file = tmp_path / "ship.png"
    file.write_bytes(png(ship()))
    frame.locator("#pad input[type=file]").set_input_files(file)
    # An airplane is meant unless one says otherwise.
    frame.locator("#sentence").get_by_text("it shows a ship").click()
    expect(frame.locator("#strip [data-after='4'][data-known='yes']")).to_be_visible()
    assert "run=cifar10-class-finetune" in page.url and no_sideways_scrolling(page)
    page.screenshot(path=screenshots / picture_name("photo", size))
    page.locator(".st-key-other_kind button").click()
    expect(page.get_by_text("Draw a 0. Watch it being forgotten.")).to_be_visible()
    # An answer for the run before would come last under load, and stay.
    assert {run for run, name in answered if name == "airplane"} == {"cifar10-class-finetune"}


@SIZES
def test_a_visitor_trains_a_run_and_watches_the_curves_grow(server, open_tab, screenshots, size):
    page = open_tab(f"{server.url}/train", size)
    # Plain training would be over before one could look.
    page.get_by_text("Generative", exact=True).click()
    expect(page.locator(".st-key-strategy_card")).to_contain_text("make up images")
    page.locator(".st-key-learn_all button").click()
    page.locator(".st-key-stop button").wait_for()
    assert page.locator(".st-key-seed").count() == 0, "parts of the form stand below the run"
    page.wait_for_url(re.compile(r"run=mnist-class-dgr-"))
    expect(page.get_by_text(re.compile(r"Task \d of 5, step \d+ of \d+")).first).to_be_visible()
    chart = page.locator(DRAWN_CHART).first
    expect(chart).to_be_visible()
    early = chart.screenshot()
    expect(page.get_by_text(re.compile(r"After 5 tasks the model gets"))).to_be_visible()
    expect(page.get_by_text("embedded sample").first).to_be_visible()
    assert page.locator(DRAWN_CHART).first.screenshot() != early
    assert no_sideways_scrolling(page)
    page.screenshot(path=screenshots / picture_name("train", size))

    second = open_tab(page.url, size)
    expect(second.get_by_text(re.compile(r"After 5 tasks the model gets"))).to_be_visible()


@SIZES
def test_why_leads_to_the_curve_with_the_drop(server, open_tab, screenshots, size):
    page = open_tab(server.url, size)
    frame = drawing_page(page)
    draw_a_zero(page, frame)
    frame.locator("#sentence .why").click()
    page.wait_for_url(re.compile(r"inspect\?.*run=mnist-class-finetune"))
    expect(page.get_by_text("What it forgot")).to_be_visible()
    expect(page.locator(DRAWN_CHART).first.get_by_text("100 % → 0 %")).to_be_visible()
    expect(page.locator(CHART).nth(2).locator("svg.marks")).to_be_visible()
    assert "task=0" in page.url
    expect(page.locator("body")).to_contain_text("fell")
    assert no_sideways_scrolling(page)
    page.screenshot(path=screenshots / picture_name("inspect", size))


@SIZES
def test_a_visitor_sees_what_transfer_is_worth_and_comes_to_the_form(
    server, open_tab, screenshots, size
):
    page = open_tab(f"{server.url}/transfer", size)
    expect(page.locator(CHART).nth(1).locator("svg.marks")).to_be_visible()
    gain = re.compile(r"Knowing 0–4 first helps.* ± .* points .*\(n = 5\)")
    expect(page.locator("body")).to_contain_text(gain)
    assert no_sideways_scrolling(page)
    page.screenshot(path=screenshots / picture_name("transfer", size))

    page.locator(".st-key-new_study button").click()
    expect(page.locator(".st-key-start_study button")).to_be_visible()
    assert no_sideways_scrolling(page)


def test_a_visitor_starts_and_stops_a_study(server, open_tab):
    page = open_tab(f"{server.url}/transfer?study=new")
    with explained(page):
        page.locator(".st-key-start_study button").click()
        page.wait_for_url(re.compile(r"study=transfer-mnist-"))
        page.get_by_text(re.compile(r"[1-9]\d* of 60 models learned")).first.wait_for()
        assert no_sideways_scrolling(page)
        page.locator(".st-key-stop button").click()
        page.get_by_text(re.compile(r"Stopped; \d+ models? learned so far")).first.wait_for()
