"""The Your data page in a browser: files in, classes dragged and chosen, on to Train."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.app.helpers import CHROMIUM, explained, no_sideways_scrolling
from tests.app.test_draw_browser import violations
from tests.app.test_runs_browser import NARROW, axe_of
from tests.sample_files import image_bytes, plain

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def test_images_are_shown_grouped_stored_and_removed(server, open_tab):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for at, name in enumerate(("cat", "dog", "heart", "star")):
            for k in range(5):
                packed.writestr(f"{name}/{k}.png", image_bytes(plain(60 * at + k)))
    page = open_tab(f"{server.url}/train", NARROW, color_scheme="dark")
    with explained(page):
        page.get_by_text("All settings").first.click()
        page.get_by_role("link", name="Use your own images").click()
        file = {"name": "pets.zip", "mimeType": "application/zip", "buffer": out.getvalue()}
        page.locator("input[type=file]").set_input_files(file)
        tasks = page.locator(".grouping section")
        expect(tasks).to_have_count(2)
        expect(page.locator(".found img")).to_have_count(4)
        page.locator(".grouping li", has_text="cat").drag_to(tasks.nth(1))
        expect(tasks.nth(1).locator("li")).to_have_count(3)
        choice = page.get_by_label("Task of star")
        choice.focus()
        choice.select_option("0")
        expect(tasks.nth(0).locator("li span")).to_have_text(["dog", "star"])
        expect(page.get_by_label("Task of star")).to_be_focused()
        expect(page.locator(".said")).to_have_text("star is in task 1 now.")
        assert no_sideways_scrolling(page)
        axe_of(page)
        # The uploader of Streamlit has this one itself.
        own = [found for found in violations(page) if "presentation-role-conflict" not in found]
        assert own == []
        page.get_by_role("button", name="Store it and choose how to train").click()
        expect(page.get_by_text("Task 1: dog, star")).to_be_visible()
        page.get_by_role("link", name="Use your own images").click()
        page.get_by_role("button", name="Remove").click()
        page.get_by_role("button", name="Remove for good").click()
        expect(page.get_by_text("pets is removed.")).to_be_visible()
