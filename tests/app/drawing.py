"""Drawing on the pad of the drawing page with the mouse, and its choice of class."""

import math
import re

from playwright.sync_api import FrameLocator, Page

ZERO = [
    [
        (0.5 + 0.2 * math.sin(a / 12 * math.pi), 0.5 - 0.32 * math.cos(a / 12 * math.pi))
        for a in range(25)
    ]
]
SEVEN = [[(0.3, 0.2), (0.5, 0.2), (0.7, 0.2), (0.6, 0.4), (0.5, 0.6), (0.4, 0.85)]]
SCRIBBLE = [
    [
        (0.1, 0.2),
        (0.9, 0.3),
        (0.2, 0.4),
        (0.9, 0.55),
        (0.2, 0.65),
        (0.85, 0.8),
        (0.5, 0.1),
        (0.1, 0.9),
    ]
]


def draw(page: Page, frame: FrameLocator, strokes, pad: str = "#pad canvas") -> None:
    """Draws strokes with the mouse; their points are shares of the pad's side."""
    canvas = frame.locator(pad)
    canvas.click(trial=True)  # scrolls, and waits until nothing moves any more
    box = canvas.bounding_box()
    for stroke in strokes:
        (x, y), *rest = [
            (box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke
        ]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y, steps=4)
        page.mouse.up()


def chip(frame: FrameLocator, name: str):
    return frame.locator("#truth label").filter(has_text=re.compile(f"^\\s*{name}\\s*$"))
