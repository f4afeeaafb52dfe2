"""Makes the moving picture and the pictures of pages that the README shows.

    python -m benchmarks.make_pictures [draw] [PAGE ...]

Starts the app and uses it as a visitor does: draws a 0 with the mouse, asks what would have saved
it, goes through the lesson that lost it; then opens the other pages. Writes docs/pictures/, by
default all of them.
"""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from tests.app.drawing import ZERO
from tests.app.helpers import (
    CHROMIUM,
    DRAWN_CHART,
    FLAGS,
    PATIENCE,
    Server,
    drawing_page,
    server_environment,
)

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
MOVING = {"width": 860, "height": 700}
DESKTOP = {"width": 1280, "height": 900}
COLOURS = 96  # of the moving picture
LARGEST = 3_000_000  # bytes of it
RUNS = "mnist-class-finetune,mnist-class-replay,mnist-class-ewc,mnist-class-analytic"
PAGES = {
    "inspect": "inspect?run=mnist-class-finetune&task=0",
    "compare": f"compare?runs={RUNS}",
    "train": "train",
    "learn": "learn?step=2&after=6+and+7",
    "transfer": "transfer",
    "runs": "runs",
}
# What comes last on each page.
PAINTED = {name: DRAWN_CHART for name in PAGES} | {
    "train": ".st-key-nav",
    "runs": "[data-testid='stDataFrame'] canvas",
}
Frame = tuple[Image.Image, int]  # and the milliseconds that it stays


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(["draw", *PAGES]))
def main(names: tuple[str, ...]) -> None:
    """Writes the named pictures, or all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        server = Server(server_environment(LIFELONG_RUNS=folder))
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            if not names or "draw" in names:
                moving(chromium, server.url)
            for name, address in PAGES.items():
                if not names or name in names:
                    still(chromium, f"{server.url}/{address}", name)
        finally:
            server.process.kill()


def moving(chromium: Browser, url: str) -> None:
    """Writes the moving picture of a 0 that is drawn, lost, and would have been saved."""
    page = chromium.new_page(viewport=MOVING, reduced_motion="reduce")
    page.goto(url)
    frames = [frame for frame in _story(page, drawing_page(page))]
    palette = [image.quantize(COLOURS, dither=Image.Dither.NONE) for image, _ in frames]
    file = FOLDER / "draw.gif"
    stays = [stay for _, stay in frames]
    palette[0].save(file, save_all=True, append_images=palette[1:], duration=stays, loop=0)
    page.close()
    if file.stat().st_size > LARGEST:
        raise SystemExit(f"{file.name} has {file.stat().st_size:,} bytes; {LARGEST:,} are allowed.")


def _story(page: Page, frame: FrameLocator) -> Iterator[Frame]:
    expect(frame.locator(".ghost")).to_contain_text("Draw a 0")
    yield _picture(page), 900
    box = frame.locator("#pad canvas").bounding_box()
    if box is None:
        raise SystemExit("The pad is not on the page.")
    [figure] = ZERO
    for at, (x, y) in enumerate(figure):
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=4)
        if at == 0:
            page.mouse.down()
        if at % 2 == 0:
            page.wait_for_timeout(220)  # until it is answered
            yield _picture(page), 120
    page.mouse.up()
    expect(frame.locator("#sentence")).to_contain_text("Your 0 is known", timeout=30_000)
    yield _picture(page), 2200
    frame.get_by_role("button", name="What would have saved it?").click()
    frame.locator(".other .card").nth(14).wait_for()
    frame.locator(".others").evaluate("part => part.scrollIntoView({ block: 'start' })")
    page.wait_for_timeout(400)
    yield _picture(page), 3000
    slider = frame.locator(".within input[type=range]")
    frame.locator(".within").evaluate("part => part.scrollIntoView({ block: 'center' })")
    for step in range(int(slider.get_attribute("max") or 0) + 1):
        slider.fill(str(step))
        page.wait_for_timeout(250)
        yield _picture(page), 350
    yield _picture(page), 1800


def _picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def still(chromium: Browser, address: str, name: str) -> None:
    """Writes the picture of a page."""
    page = chromium.new_page(viewport=DESKTOP, reduced_motion="reduce")
    page.goto(address)
    page.locator(PAINTED[name]).first.wait_for(timeout=PATIENCE)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_timeout(2000)  # until the charts have the size that the page leaves them
    image = _picture(page).quantize(128, dither=Image.Dither.NONE)
    image.save(FOLDER / f"{name}.png", optimize=True)
    page.close()


if __name__ == "__main__":
    main()
