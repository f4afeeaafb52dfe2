"""Other networks under the first, the lesson step by step and the bars of a card, in a browser."""

import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.app.drawing import SEVEN, ZERO, draw
from tests.app.helpers import (
    CHROMIUM,
    PHONE,
    SIZES,
    drawing_page,
    no_sideways_scrolling,
    picture_name,
    screenshot,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
SMALL = {"width": 360, "height": 740}


def drawn(page: Page) -> FrameLocator:
    """Draws a 0 and waits until the last answer is there."""
    frame = drawing_page(page)
    expect(frame.locator(".ghost")).to_contain_text("Draw a 0")
    draw(page, frame, ZERO)
    expect(frame.locator("#sentence")).to_contain_text("lost while learning 2 and 3")
    expect(frame.locator("#sentence .sentence")).to_have_attribute("aria-busy", "false")
    return frame


def opened(page: Page) -> FrameLocator:
    """Draws a 0 and asks what would have saved it."""
    frame = drawn(page)
    frame.get_by_role("button", name="What would have saved it?").click()
    expect(frame.locator("#remedies .other")).to_have_count(3)
    return frame


def answers_of(frame: FrameLocator, run: str) -> list[str]:
    said = frame.locator(f"#remedies .other[data-run={run}] .said")
    return [text.strip() for text in said.all_inner_texts()]


def targets(frame: FrameLocator) -> list[dict]:
    """Returns the boxes of all that can be pressed in the part."""
    parts = frame.locator("#remedies button:visible, #remedies select:visible, #remedies input")
    return [part.bounding_box() for part in parts.all() if part.is_visible()]


@SIZES
def test_other_networks_answer_under_the_first_and_follow_the_pen(server, open_tab, size):
    page = open_tab(server.url, size)
    frame = opened(page)
    assert answers_of(frame, "mnist-class-replay") == ["0"] * 5
    assert answers_of(frame, "mnist-class-analytic") == ["0"] * 5
    assert answers_of(frame, "mnist-class-ewc")[0] == "0" != answers_of(frame, "mnist-class-ewc")[4]
    expect(frame.locator("#remedies .still")).to_contain_text("read it as a 0 in the end")
    expect(frame.locator("#remedies")).to_contain_text("Keeps 1,000 of 60,000 images (800 kB).")
    assert no_sideways_scrolling(page)
    assert all(box["height"] >= 44 for box in targets(frame))
    other = frame.locator("#remedies [data-run=mnist-class-ewc]")
    other.locator("[data-after='4'] .more").click()
    expect(other.locator(".contest")).to_contain_text("After 8 and 9: ")
    expect(other.locator(".bars li")).to_have_count(10)
    screenshot(page, picture_name("remedies", size))
    frame.get_by_role("button", name="Clear").click()
    expect(frame.locator("#remedies .other .card[data-known=blank]")).to_have_count(15)
    draw(page, frame, SEVEN)
    expect(frame.locator("[data-run=mnist-class-replay] [data-after='3'] .said")).to_have_text("7")
    frame.get_by_role("button", name="What would have saved it?").click()
    expect(frame.locator("#remedies .other")).to_have_count(0)


def test_strips_are_removed_and_added(server, open_tab):
    page = open_tab(server.url)
    frame = opened(page)
    frame.get_by_role("button", name="Remove EWC").click()
    expect(frame.locator("#remedies .other")).to_have_count(2)
    expect(frame.locator("#remedies .still")).not_to_contain_text("EWC")
    add = frame.get_by_label("Add a network")
    for label in ("Cumulative training", "EWC"):
        add.select_option(label=label)
        expect(
            frame.locator("#remedies .other b", has_text=re.compile(f"^{label}$"))
        ).to_be_visible()
    expect(frame.locator("#remedies .other")).to_have_count(4)
    expect(add).to_be_disabled()


def test_the_lesson_that_lost_it_is_gone_through_by_keyboard_and_with_the_label(server, open_tab):
    page = open_tab(server.url, PHONE, reduced_motion="reduce")
    page.clock.install()  # before a timer of the part
    frame = opened(page)
    within = frame.locator("#remedies .within")
    expect(within.locator(".lead")).to_contain_text("first lost between steps")
    slider = within.get_by_role("slider")
    expect(within.locator(".moment")).to_contain_text("Before the lesson: 0 (")
    page.clock.fast_forward(5_000)
    expect(slider).to_have_value("0")  # nothing plays by itself
    slider.focus()
    page.keyboard.press("End")
    expect(within.locator(".moment")).to_contain_text("After 2,000 of 2,000 steps: 2 (")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^After 2,000 of 2,000 steps"))
    expect(within.locator(".bars li")).to_have_count(10)
    within.get_by_role("button", name="Tell it the lesson: 0 or 1?").click()
    expect(within.locator(".bars li")).to_have_count(2)
    expect(frame.locator("#task-given input")).to_be_checked()
    expect(slider).to_have_value("14")
    within.get_by_role("button", name="Ask among all again").click()
    expect(within.locator(".bars li")).to_have_count(10)
    within.get_by_role("button", name="Play").click()
    expect(within.locator(".moment")).to_contain_text("After 3 of 2,000 steps")
    within.get_by_role("button", name="Pause").click()
    assert no_sideways_scrolling(page)


def test_all_probabilities_of_a_card_are_a_tap_away(server, open_tab):
    page = open_tab(server.url, SMALL, has_touch=True)
    frame = drawn(page)
    bars = frame.locator("#probabilities")
    expect(bars).to_be_hidden()
    card = frame.locator("#strip [data-after='1'] .more")
    card.tap()
    expect(bars.get_by_role("heading")).to_contain_text(
        re.compile(r"^After 2 and 3: 2 \(.+, then ")
    )
    expect(bars.locator("li")).to_have_count(10)
    expect(card).to_have_attribute("aria-expanded", "true")
    frame.locator("#strip [data-after='4'] .more").tap()
    expect(bars.get_by_role("heading")).to_contain_text("After 8 and 9:")
    bars.get_by_role("button", name="Close").tap()
    expect(bars).to_be_hidden()
    assert no_sideways_scrolling(page)


def test_transfer_is_seen_side_by_side(server, open_tab):
    page = open_tab(server.url)
    frame = drawn(page)
    frame.locator("#run summary").click()
    group = frame.get_by_role("group", name="Transfer: 0 to 4, then 5 to 9 from 20 images each")
    group.get_by_role("radio", name=re.compile("^LwF")).check()
    expect(frame.locator("#strip .card")).to_have_count(2)
    expect(frame.locator("#remedies .other")).to_have_count(3)
    expect(frame.locator("#remedies .other .card")).to_have_count(6)
    assert answers_of(frame, "mnist-transfer-frozen") == ["0", "0"]
    expect(frame.locator("#remedies")).to_contain_text("The old ones: 98 % before, 18 % after.")
