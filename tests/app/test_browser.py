"""The project as a person meets it: the app started by its own command, in headless Chromium.

Every wait is for a condition, with one time-out (PATIENCE) for all of them.
"""

import json
import re

import pytest
from playwright.sync_api import expect

from app.shared.data_urls import data_url
from tests.app.helpers import (
    CHART,
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
from tests.image_helpers import png, ring

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def test_a_visitor_trains_a_run_and_watches_the_curves_grow(server, open_tab):
    page = open_tab(f"{server.url}/train")
    page.locator("summary").filter(has_text="All settings").click()
    # Plain training would be over before one could look, most others take long.
    page.get_by_text("Replay", exact=True).click()
    page.get_by_text("A-GEM", exact=True).click()
    expect(page.locator(".st-key-strategy_card")).to_contain_text("bends every step")
    page.locator(".st-key-learn_all button").click()
    page.locator(".st-key-stop button").wait_for()
    assert page.locator(".st-key-seed").count() == 0, "parts of the form stand below the run"
    page.wait_for_url(re.compile(r"run=mnist-class-agem-"))
    expect(page.get_by_text(re.compile(r"Task \d of 5, step \d+ of \d+")).first).to_be_visible()
    # Its text, not a screenshot: that waits until the chart stands still, which it does not.
    early = page.locator(DRAWN_CHART).first.inner_html()
    expect(page.get_by_text(re.compile(r"After 5 tasks the model gets"))).to_be_visible()
    expect(page.get_by_text("embedded sample").first).to_be_visible()
    assert page.locator(DRAWN_CHART).first.inner_html() != early
    screenshot(page, picture_name("train", DESKTOP))

    second = open_tab(page.url, PHONE)
    expect(second.get_by_text(re.compile(r"After 5 tasks the model gets"))).to_be_visible()
    assert no_sideways_scrolling(second)

    # A drawing that was pinned on the Draw page, which keeps it in the session of the tab.
    drawing = {"image": data_url(png(ring())), "name": "0", "photo": False}
    page.evaluate("text => sessionStorage.setItem('lifelong.pinned', text)", json.dumps(drawing))
    page.reload()
    expect(page.get_by_text("Your 0", exact=True)).to_be_visible()
    expect(page.locator(f".st-key-pinned_chart {DRAWN_CHART}")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".st-key-pinned_chart")).to_have_count(0)

    # A link to another address of the same page: a reload must not bring back the one before.
    heading = page.get_by_role("heading", name="Train a network, task by task")
    page.locator(".st-key-nav a").filter(has_text="Train").click()
    heading.wait_for()
    page.wait_for_url(lambda address: "run=" not in address)
    page.reload()
    expect(heading).to_be_visible()


def test_a_visitor_sees_what_transfer_is_worth_and_comes_to_the_form(server, open_tab):
    page = open_tab(f"{server.url}/transfer", PHONE, script=MEASURE_SHIFTS)
    expect(page.locator("body")).to_contain_text("A pretrained network helps.")
    expect(page.locator(DRAWN_CHART).first).to_be_visible()
    assert shifted(page) < 0.05
    page.get_by_role("button", name="See what the source lost").click()
    expect(page.locator(CHART).nth(1).locator("svg.marks")).to_be_visible()
    gain = re.compile(r"Knowing 0–4 first helps.* ± .* points .*\(n = 5\)")
    expect(page.locator("body")).to_contain_text(gain)
    assert no_sideways_scrolling(page)

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
        page.get_by_text(re.compile(r"Stopped after \d+ models?")).first.wait_for()
