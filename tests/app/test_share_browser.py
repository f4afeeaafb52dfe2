"""Laws of what leads to the drawing page and away from it: example, card to share, its link."""

import base64
import io
import re
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from benchmarks import strokes
from tests.app.drawing import SCRIBBLE, ZERO, draw
from tests.app.helpers import (
    CHROMIUM,
    PHONE,
    drawing_page,
    no_sideways_scrolling,
    picture_name,
    screenshot,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
KNOWN = "0 is known after 0 and 1"
WRITING = "[data-writing]"  # the pad, from the moment at which the hand begins


def shared_link(page, frame) -> str:
    """Returns the link that the button copies."""
    frame.get_by_role("button", name="Share", exact=True).click()
    frame.get_by_role("button", name="Copy link").click()
    expect(frame.locator("#share .note")).to_have_text("The link is copied.")
    return page.evaluate("() => navigator.clipboard.readText()")


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_a_drawing_is_shared_as_a_picture_and_as_a_link(server, open_tab, size):
    page = open_tab(server.url, size)
    frame = drawing_page(page)
    draw(page, frame, ZERO)
    expect(frame.locator("#sentence")).to_contain_text(f"Your {KNOWN}")
    expect(frame.locator("#sentence .sentence")).to_have_attribute("aria-busy", "false")
    link = shared_link(page, frame)
    assert no_sideways_scrolling(page)
    screenshot(page, picture_name("share", size))
    image = frame.locator("#share img")
    content = base64.b64decode((image.get_attribute("src") or "").split(",")[1])
    assert Image.open(io.BytesIO(content)).size == (1200, 630)
    assert f"This {KNOWN}" in (image.get_attribute("alt") or "")
    with page.expect_download() as saved:
        frame.get_by_role("button", name="Save picture").click()
    assert saved.value.path().read_bytes() == content

    assert link.startswith(server.url) and len(urlsplit(link).fragment) <= 420
    other = open_tab(link, size)
    expect(drawing_page(other).locator("#sentence")).to_contain_text(f"Your {KNOWN}")
    assert "run=mnist-class-finetune" in link and "class=" not in link


def test_a_link_keeps_the_class_that_was_chosen_and_the_longest_drawing_fits(server, open_tab):
    page = open_tab(server.url)
    frame = drawing_page(page)
    draw(
        page,
        frame,
        [*SCRIBBLE, *[[(y, x) for x, y in line] for line in SCRIBBLE], *ZERO, *SCRIBBLE],
    )
    frame.locator("#truth label").filter(has_text=re.compile("7")).click()
    expect(frame.locator("#sentence")).to_contain_text("Taken as a 7")
    link = shared_link(page, frame)
    assert len(urlsplit(link).fragment) <= 420
    other = drawing_page(open_tab(link))
    expect(other.locator("#sentence")).to_contain_text("Taken as a 7")
    expect(other.locator("#truth input:checked + span")).to_have_text("7")


def test_a_link_that_is_no_drawing_is_one_sentence(server, open_tab):
    page = open_tab("about:blank")
    for fragment in ("A" * 500, "AP8B", "%3Cscript%3E"):
        page.goto("about:blank")
        page.goto(f"{server.url}/#draw={fragment}")
        frame = drawing_page(page)
        expect(frame.locator("#sentence")).to_contain_text("link could not be read")
    draw(page, frame, ZERO)
    expect(frame.locator("#sentence")).to_contain_text(f"Your {KNOWN}")
    assert "#" not in page.url


def left_alone(page, url: str):
    """Opens the drawing page and has 20 s go by; the clock is set before the page sets a timer."""
    page.clock.install()
    page.goto(url)
    frame = drawing_page(page)
    page.clock.fast_forward(20_000)
    return frame


def test_a_hand_writes_an_example_for_who_does_nothing_and_any_input_ends_it(server, open_tab):
    page = open_tab("about:blank", reduced_motion="no-preference")
    frame = left_alone(page, server.url)
    expect(frame.locator(WRITING)).to_have_count(1)
    expect(frame.locator("#sentence")).to_contain_text(f"This {KNOWN}")
    expect(frame.locator("#truth legend")).to_have_text("An example of a 0. Now draw one yourself.")
    page.keyboard.press("Shift")
    expect(frame.locator("#sentence")).to_contain_text("Draw, and every card answers")
    expect(frame.locator(".ghost")).to_be_visible()
    stored = "() => Object.values(sessionStorage).filter((each) => each.startsWith('data:image'))"
    assert page.evaluate(stored) == []


def test_without_motion_no_hand_writes(server, open_tab):
    frame = left_alone(open_tab("about:blank"), server.url)
    assert frame.locator(WRITING).count() == 0
    expect(frame.locator(".ghost")).to_be_visible()
    expect(frame.locator("#sentence")).to_contain_text("Draw, and every card answers")


def test_the_hand_writes_the_first_style_of_each_digit():
    """The file is made of the figures from which drawings are synthesised."""
    from app.views.draw.inputs import figures

    for name, written in figures().items():
        first = strokes.DIGITS[name][0]
        assert [len(stroke) for stroke in written] == [len(stroke) for stroke in first]
        for (x, y), (u, v) in zip(sum(written, []), sum(first, [])):
            assert abs(x - (0.5 + 0.72 * (u - 0.5))) < 1e-3
            assert abs(y - (0.5 + 0.72 * (v - 0.5))) < 1e-3
