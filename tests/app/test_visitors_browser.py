"""Two visitors of a public server, each in a browser of his own."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.app.helpers import (
    CHROMIUM,
    DESKTOP,
    PATIENCE,
    PHONE,
    Server,
    explained,
    no_sideways_scrolling,
    picture_name,
    screenshot,
    server_environment,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
NAME = "Zebra crossing"
PAGES = ("runs", "inspect", "compare", "train", "transfer", "learn")


@pytest.fixture
def public(tmp_path):
    """A server that strangers use."""
    running = Server(server_environment(LIFELONG_RUNS=str(tmp_path / "runs"), LIFELONG_PUBLIC="1"))
    yield running
    running.process.kill()
    running.process.wait()


def tick_only(page) -> None:
    """Ticks the only run of the table, with the keyboard."""
    canvas = page.locator("canvas[data-testid='data-grid-canvas']")
    canvas.wait_for()
    canvas.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")


def train_and_name(page, url: str) -> str:
    """Trains a run by one click and names it; returns the address of its page."""
    page.goto(f"{url}/train")
    page.locator(".st-key-start_forget button").click()
    page.wait_for_url(re.compile(r"/train\?run=mnist-class-finetune-[0-9a-f]{16}$"))
    link = page.url
    expect(page.get_by_text(re.compile("After 5 tasks the model gets"))).to_be_visible()
    page.goto(f"{url}/runs?find={link[-16:]}")
    expect(page.get_by_text("What you train here is listed for you alone.")).to_be_visible()
    tick_only(page)
    page.locator(".st-key-rename button").click()
    page.get_by_role("textbox", name="Name").fill(NAME)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".st-key-runs_actions p").first).to_contain_text(NAME)
    return link


def test_what_one_visitor_trains_is_anothers_by_its_link_alone(public, browser):
    with browser.new_context() as one, browser.new_context() as other:
        a, b = one.new_page(), other.new_page()
        for page in (a, b):
            page.set_default_timeout(PATIENCE)
            page.set_viewport_size(DESKTOP)
        with explained(a):
            link = train_and_name(a, public.url)
            run = link.rpartition("=")[2]
            screenshot(a, "visitors-own.png")
        (cookie,) = [each for each in one.cookies() if each["name"] == "lifelong_visitor"]
        assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and not cookie["secure"]
        assert a.evaluate("document.cookie.includes('lifelong_visitor')") is False
        with explained(b):
            for name in PAGES:
                b.goto(f"{public.url}/{name}")
                b.locator("h1").first.wait_for()
                b.wait_for_load_state("networkidle")
                assert run not in b.content() and NAME not in b.content(), name
            listed = urllib.request.urlopen(f"{public.url}/gradio/config").read().decode()
            assert "mnist-class-finetune" in listed and run not in listed
            see_by_link(b, link)
        with explained(a):
            a.goto(link)
            expect(a.locator(".st-key-undo button")).to_be_visible()


def see_by_link(page, link: str) -> None:
    """Opens a run of another visitor by its link: it is shown, and nothing can be changed."""
    for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.goto(link)
        expect(page.get_by_role("heading", name=NAME)).to_be_visible()
        expect(page.get_by_text("It is not yours")).to_be_visible()
        expect(page.locator(".st-key-undo button")).to_have_count(0)
        assert no_sideways_scrolling(page)
        screenshot(page, picture_name("visitors-link", size))
