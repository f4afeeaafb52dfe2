"""The two Spaces as they are assembled: used in a browser, with no request to another host."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.app.drawing import ZERO, draw
from tests.app.helpers import (
    CHROMIUM,
    DESKTOP,
    DRAWN_CHART,
    PATIENCE,
    drawing_page,
    explained,
    screenshot,
)
from tests.app.spaces import BASES, RunningSpace

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@pytest.mark.parametrize("sdk", BASES)
def test_a_visitor_of_a_space_draws_trains_and_reloads_and_no_other_host_is_asked(sdk, browser):
    space = RunningSpace(sdk)
    try:
        visit(sdk, space, browser)
    finally:
        space.remove()


def visit(sdk: str, space: RunningSpace, browser) -> None:
    """Uses a Space in a new window, and ends it; fails where a request goes to another host."""
    with browser.new_context(reduced_motion="reduce", viewport=DESKTOP) as context:
        hosts: set[str] = set()
        context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page = context.new_page()
        page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))
        page.set_default_timeout(PATIENCE)
        with explained(page):
            use(page, space.url, sdk)
        assert {host for host in hosts if host} == {urlsplit(space.url).netloc}
        assert (space.data / "runs").is_dir()
        assert space.stop() < 30, "a page that is open does not hold the server up"


def use(page, url: str, sdk: str) -> None:
    """Draws a digit, trains a run and reloads its page."""
    page.goto(f"{url}/")
    frame = drawing_page(page)
    draw(page, frame, ZERO)
    expect(frame.locator("#strip [data-after='0']")).to_contain_text("0")
    expect(frame.locator("#strip [data-known='no']").first).to_be_visible()
    screenshot(page, f"space-{sdk}-draw.png")

    page.locator(".st-key-nav a").filter(has_text="Train").click()
    expect(page.get_by_text("On this server a run trains about 10 min at a time")).to_be_visible()
    page.locator("summary").filter(has_text="All settings").click()
    page.locator(".st-key-learn_all button").click()
    page.wait_for_url(re.compile(r"/train\?run=mnist-class-finetune-"))
    expect(page.get_by_text(re.compile(r"After 5 tasks the model gets"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile(r"After 5 tasks the model gets"))).to_be_visible()
    page.locator(DRAWN_CHART).first.wait_for()
    screenshot(page, f"space-{sdk}-train.png")
