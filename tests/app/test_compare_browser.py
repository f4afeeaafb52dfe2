"""The Compare page in a browser: a crosshair over both charts, a small race, and axe."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.helpers import (
    CHROMIUM,
    DESKTOP,
    DRAWN_CHART,
    MEASURE_SHIFTS,
    PHONE,
    explained,
    no_sideways_scrolling,
    picture_name,
    screenshot,
    shifted,
)
from tests.app.test_draw_browser import violations
from tests.app.test_runs_browser import axe_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
TWO = "mnist-class-finetune,mnist-class-replay"


def test_a_visitor_compares_two_runs_and_races_two_strategies(server, open_tab):
    """And nothing jumps: a cumulative layout shift below 0.05."""
    page = open_tab(f"{server.url}/compare?runs={TWO}", DESKTOP, script=MEASURE_SHIFTS)
    with explained(page):
        expect(page.locator(DRAWN_CHART)).to_have_count(4)
        expect(page.locator("body")).to_contain_text("Experience replay gets most right, 87.5")
        assert shifted(page) < 0.05
        chart = page.locator(f".st-key-curves_room {DRAWN_CHART}")
        chart.hover(position={"x": 500, "y": 150})
        expect(page.locator("#vg-tooltip-element")).to_contain_text("after Task")
        rules = chart.locator(".mark-rule line[opacity='0.45']")
        expect(rules).to_have_count(2)
        screenshot(page, picture_name("compare", DESKTOP))
        # A click on a point chooses its line, and so does its name in the legend.
        points = chart.locator(".mark-symbol path[aria-label*='line: Experience replay']")
        points.nth(2).scroll_into_view_if_needed()
        box = points.nth(2).bounding_box()
        page.mouse.click(box["x"] + 8, box["y"] + 8)
        row = page.locator("[aria-current]")
        expect(row).to_have_text("Experience replay")
        name = page.locator("[data-line='Fine-tuning']")
        name.press("Enter")
        expect(row).to_have_text("Fine-tuning")
        expect(name).to_be_focused()
        name.press("Enter")
        expect(row).to_have_count(0)
        name.press("Enter")
        expect(row).to_have_text("Fine-tuning")
        page.reload()
        expect(row).to_have_text("Fine-tuning")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Charts as SVG").click()
        assert Path(saved.value.path()).read_text("utf-8").count('class="marks"') == 3

        page.goto(f"{server.url}/compare?race=new")
        page.locator(".st-key-race_dataset").get_by_text("MNIST sample").click()
        for title in ("EWC", "Cumulative training"):
            page.get_by_role("button", name=f"Remove {title}").click()
        expect(page.locator("body")).to_contain_text("2 runs of the recipe quick")
        page.locator(".st-key-start_race button").click()
        page.wait_for_url(re.compile(r"runs=mnist-sample-class-finetune-\w+%2Cmnist-sample-class"))
        expect(page.locator("body")).to_contain_text(re.compile(r"learns task \d of 5"))
        expect(page.locator("h2").first).to_contain_text("After all 5 tasks")
        expect(page.locator(".st-key-stop")).to_have_count(0)
        expect(page.locator("body")).to_contain_text("no reference run")


# What is there once all of a page is, and the number of its charts.
PAGES = {
    "compare?line=mnist-class-replay": 4,
    "compare?race=new": 0,
    "inspect?run=mnist-class-replay&task=0&after=4&view=Confusion+matrix": 7,
    "train?run=mnist-class-finetune": 1,
}


def test_on_a_phone_in_the_dark_nothing_jumps_and_axe_finds_no_violation(server, open_tab):
    page = open_tab("about:blank", PHONE, script=MEASURE_SHIFTS, color_scheme="dark")
    for address, charts in PAGES.items():
        page.goto(f"{server.url}/{address}")
        with explained(page):
            expect(page.locator(DRAWN_CHART)).to_have_count(charts)
            page.locator(".stMain button:visible").last.wait_for()
        assert no_sideways_scrolling(page), address
        assert shifted(page) < 0.05, address
        axe_of(page)
        assert violations(page) == [], address
