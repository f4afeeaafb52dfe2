"""Teaching a symbol on the drawing page, in headless Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.app.drawing import ZERO, chip, draw
from tests.app.helpers import (
    CHROMIUM,
    PHONE,
    HeldRequests,
    drawing_page,
    no_sideways_scrolling,
    screenshot,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def heart(shift: float):
    """Returns the strokes of a heart, a little to the right, as shares of the pad."""
    points = [(0.5, 0.85), (0.15, 0.45), (0.2, 0.25), (0.35, 0.2), (0.5, 0.4), (0.65, 0.2)]
    return [[(x + shift, y) for x, y in [*points, (0.8, 0.25), (0.85, 0.45), (0.5, 0.85)]]]


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_a_symbol_is_taught_answered_and_undone(server, open_tab, size):
    page = open_tab(server.url, size)
    frame = drawing_page(page)
    frame.get_by_text("Teach it yours").click()
    teach = frame.locator("#teach")
    teach.get_by_role("button", name="Teach it").click()
    expect(teach.locator(".result")).to_contain_text("The name is empty")
    for number in range(6):
        draw(page, frame, heart(number / 60))
        expect(frame.locator("#sentence")).not_to_contain_text("Draw")
        teach.get_by_role("button", name="Add to examples").click()
        expect(teach.locator(".shots button")).to_have_count(number + 1)
    teach.locator(".shots button").first.click()
    expect(teach.locator(".shots button")).to_have_count(5)
    teach.get_by_label("Name", exact=True).fill("7")
    teach.get_by_role("button", name="Teach it").click()
    expect(teach.locator(".result")).to_contain_text("knows a class named 7 already")
    teach.get_by_label("Name", exact=True).fill("heart")
    teach.get_by_role("button", name="Teach it").click()
    expect(teach.locator(".result")).to_contain_text("Old classes")
    expect(frame.locator("#strip [data-after]")).to_have_count(6)
    expect(chip(frame, "heart")).to_have_count(1)
    expect(page).to_have_url(re.compile("run=mnist-class-finetune-taught-heart-[0-9a-f]{16}"))
    draw(page, frame, heart(0.02))
    # Nobody has to say that it is a heart: the network takes it for one, or offers it.
    words = frame.locator("#truth legend")
    expect(words).to_have_text("The network takes it for a heart. Not right? Choose:")
    expect(frame.locator("#sentence")).to_contain_text("Taken as a heart, it is known after heart")
    expect(chip(frame, "heart").locator("input")).to_be_checked()
    frame.get_by_role("button", name="It is a heart").click()
    expect(frame.locator("#sentence")).to_contain_text("Your heart is known after heart")
    expect(frame.locator("#strip [data-after='5'][data-known='yes']")).to_have_count(1)
    expect(frame.locator("#strip [data-after='5']")).to_contain_text("heart")
    assert no_sideways_scrolling(page)
    screenshot(page, f"teach{'-phone' if size == PHONE else ''}.png")
    teach.get_by_label("Name of the copy").fill("Mine")
    teach.get_by_role("button", name="Keep it").click()
    expect(teach.locator(".result")).to_contain_text("keeps this name")
    expect(frame.locator("#run .name")).to_contain_text("Mine")
    address = page.url
    again = open_tab(address, size)
    expect(drawing_page(again).locator("#strip [data-after]")).to_have_count(6)
    other = open_tab(server.url, size)
    expect(drawing_page(other).locator("#strip [data-after]")).to_have_count(5)
    expect(drawing_page(other).locator("#run input[value*=taught]")).to_have_count(0)
    # A blank pad is cleared at once, before the classes of the run are here.
    frame.get_by_role("button", name="Clear").click()
    expect(frame.locator("#sentence")).to_contain_text("Draw, and every card answers")
    waiting = HeldRequests(page, "**/queue/join*")
    teach.get_by_role("button", name="Undo").click()
    expect(frame.locator("#strip [data-after]")).to_have_count(5)
    expect(chip(frame, "heart")).to_have_count(1)
    waiting.release()
    expect(chip(frame, "heart")).to_have_count(0)
    draw(page, frame, ZERO)
    expect(frame.locator("#sentence")).to_contain_text("Your 0 is known after 0 and 1")
