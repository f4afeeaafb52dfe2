"""Measures how far the parts of each page move while it loads.

    python -m benchmarks.layout_shift

Starts the app and opens each page for SECONDS on a desktop and on a phone, by headless Chromium
with an empty cache. Prints and writes to benchmarks/results/layout_shift.json, by page and size,
the cumulative layout shift as web.dev/articles/cls defines it: the largest sum of shifts within a
window of at most 5 s without a pause of 1 s. Of a page with a frame in it, the larger one counts.
"""

import json
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.make_pictures import PAGES
from tests.app.helpers import CHROMIUM, DESKTOP, FLAGS, PHONE, Server, server_environment

FILE = Path(__file__).parent / "results" / "layout_shift.json"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SECONDS = 10
Shift = tuple[float, float]  # milliseconds since the page was opened, and value
PAUSE, WINDOW = 1000, 5000  # milliseconds
MEASURE = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    const own = list.getEntries().filter((entry) => !entry.hadRecentInput);
    window.shifts.push(...own.map((entry) => [entry.startTime, entry.value]));
  }).observe({ type: 'layout-shift', buffered: true });
"""


def largest_window(shifts: Sequence[Shift]) -> float:
    """Returns the cumulative layout shift of a page.

    >>> largest_window([(0, 0.25), (900, 0.25), (2000, 0.375)])
    0.5
    """
    largest = total = 0.0
    begin = last = -math.inf
    for time, value in sorted(shifts):
        if time - last > PAUSE or time - begin > WINDOW:
            begin, total = time, 0.0
        total, last = total + value, time
        largest = max(largest, total)
    return largest


def main() -> None:
    """Writes the shifts of all pages."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        server = Server(server_environment(LIFELONG_RUNS=folder))
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            for name, address in {"draw": "", **PAGES, "about": "about"}.items():
                found[name] = {}
                for size, viewport in SIZES.items():
                    with chromium.new_context(viewport=viewport) as context:
                        context.add_init_script(MEASURE)
                        page = context.new_page()
                        page.goto(f"{server.url}/{address}")
                        page.locator("h1").first.wait_for()
                        page.wait_for_timeout(1000 * SECONDS)
                        shifts = [frame.evaluate("window.shifts") for frame in page.frames]
                        found[name][size] = round(max(map(largest_window, shifts)), 4)
        finally:
            server.process.kill()
    text = json.dumps(found, indent=1)
    FILE.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
