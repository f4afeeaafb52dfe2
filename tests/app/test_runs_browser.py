"""The Runs page in a browser: a run from its zip file in to its zip file out, by keyboard, too."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lifelong.api import collection
from tests.app.helpers import CHROMIUM, MEASURE_SHIFTS, explained, no_sideways_scrolling, shifted
from tests.app.test_draw_browser import violations
from tests.helpers import config, learned_run

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
NARROW = {"width": 360, "height": 740}
PAGES = ["Draw", "Learn", "Train", "Compare", "Transfer", "Runs", "About"]


def axe_of(page) -> None:
    """Loads axe-core into a page, where it is installed."""
    package = pytest.importorskip("axe_playwright_python")
    page.evaluate((Path(package.__file__).parent / "axe.min.js").read_text("utf-8"))


def files_of(archive) -> dict[str, bytes]:
    """Returns the files in a zip file by name."""
    with zipfile.ZipFile(archive) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_a_run_is_loaded_named_starred_deleted_brought_back_and_downloaded(
    server, open_tab, tmp_path
):
    run = learned_run(config("replay", tasks=2))
    content = collection.zipped(run.name)
    page = open_tab(f"{server.url}/runs", NARROW, script=MEASURE_SHIFTS)
    with explained(page):
        canvas = page.locator("canvas[data-testid='data-grid-canvas']")
        canvas.wait_for()
        page.locator(".st-key-delete button").wait_for()
        assert shifted(page) < 0.05
        nav = [link.bounding_box() for link in page.locator(".st-key-nav a").all()]
        names = page.locator(".st-key-nav a").all_inner_texts()  # an icon is a word in its font
        assert [name.split("\n")[-1] for name in names] == PAGES
        assert len({box["y"] for box in nav}) == 1 and nav[-1]["x"] + nav[-1]["width"] <= 360
        assert no_sideways_scrolling(page)
        axe_of(page)
        assert violations(page) == []

        page.get_by_role("button", name="Load a run").click()
        file = {"name": "x.zip", "mimeType": "application/zip", "buffer": content}
        page.locator("input[type=file]").set_input_files(file)
        ticked = page.locator(".st-key-runs_actions p").first
        expect(page.get_by_text(re.compile("Loaded: Experience replay"))).to_be_visible()
        expect(ticked).to_contain_text(run.name[-6:])

        page.locator(".st-key-rename button").click()
        page.get_by_role("textbox", name="Name").fill("<b>Mine</b>")
        page.get_by_role("button", name="Save").click()
        expect(ticked).to_contain_text("<b>Mine</b>")
        page.locator(".st-key-star button").click()
        expect(page.locator(".st-key-star button")).to_contain_text("Unstar")

        page.locator(".st-key-delete button").click()
        expect(page.locator(".st-key-gone_notice")).to_contain_text("Deleted: <b>Mine</b>")
        assert violations(page) == []
        page.get_by_role("button", name="Undo").click()
        expect(ticked).to_contain_text("<b>Mine</b>")

        with page.expect_download() as download:
            page.locator(".st-key-download button").click()
        download.value.save_as(tmp_path / "out.zip")
        before, after = (files_of(each) for each in (BytesIO(content), tmp_path / "out.zip"))
        assert after.pop(f"{run.name}/bookmark.json") and after == before

        # With the keyboard: the run that has a star is in the first row, what shipped below it.
        canvas.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+Space")
        expect(ticked).to_contain_text("2 ticked")
