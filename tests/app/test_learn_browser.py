"""The Learn page in a browser: from the first step to the score of the challenge, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.app.helpers import (
    CHROMIUM,
    DRAWN_CHART,
    MEASURE_SHIFTS,
    PHONE,
    explained,
    no_sideways_scrolling,
    shifted,
)
from tests.app.test_draw_browser import violations
from tests.app.test_runs_browser import axe_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def states(page) -> list[str]:
    return page.locator(".learn-tiles li").evaluate_all("all => all.map(e => e.className)")


def test_a_visitor_goes_from_a_lesson_to_the_score(server, open_tab):
    page = open_tab(f"{server.url}/learn", PHONE, script=MEASURE_SHIFTS)
    onward = page.locator(".st-key-next button")
    with explained(page):
        expect(page.locator("h1")).to_have_text("1. A lesson")
        page.locator(".learn-tiles").wait_for()
        assert shifted(page) < 0.05
        page.get_by_role("radio", name="2 and 3").or_(
            page.get_by_role("button", name="2 and 3")
        ).click()
        expect(page.locator(".learn-tiles")).to_contain_text("3")
        axe_of(page)
        assert violations(page) == []
        onward.click()

        page.locator(DRAWN_CHART).wait_for()
        assert violations(page) == []
        assert states(page)[:2] == ["right", "right"]
        slider = page.get_by_role("slider")
        slider.focus()
        page.keyboard.press("End")
        expect(page.locator(".learn-tiles li.wrong")).to_have_count(5)
        page.locator(".term").click()
        expect(page.locator(".explanation")).to_contain_text("no remedy against forgetting")
        page.keyboard.press("Escape")
        assert no_sideways_scrolling(page)
        onward.press("Enter")

        expect(page.locator("h1")).to_have_text("3. A hint helps")
        page.locator(".st-key-given_task label").click()
        expect(page.locator(".stMain")).to_contain_text("Told which lesson")
        assert violations(page) == []
        onward.press("Enter")

        expect(page.locator(".learn-strip")).to_have_count(2)
        assert violations(page) == []
        onward.press("Enter")

        images = page.locator(".group button")
        images.first.wait_for()
        box = images.first.bounding_box()
        assert min(box["width"], box["height"]) >= 44
        for at in range(0, 40, 2):
            images.nth(at).press("Space")
        expect(page.locator(".counter")).to_have_text("20 of 20")
        assert violations(page) == []
        page.get_by_role("button", name="Learn with these").click()
        expect(page.locator(".learn-bars .own b")).to_have_text(re.compile(r"\d+"))
        expect(page.locator(".stMain")).to_contain_text("old digits correctly")
        expect(page.locator("canvas[aria-label*='images I chose']")).to_be_visible()
        assert no_sideways_scrolling(page)
        # What follows a click late, on a busy machine, counts as a shift, too.
        page.reload()
        page.locator(".learn-bars .own b").wait_for()
        page.locator("canvas[aria-label*='images I chose']").wait_for()
        assert shifted(page) < 0.05
