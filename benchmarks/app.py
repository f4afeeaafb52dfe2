"""Measures the latency of the app in headless Chromium.

    LIFELONG_DATA=... python -m benchmarks.app

Starts the app by its own command. Prints one JSON object, in seconds: from opening the page to a
pad that takes strokes, to the pad that is answered, to the stored curve and to the strip of
checkpoints (medians over VISITS visits with an empty browser cache); the
server's time for the predictions of all checkpoints for a drawing (p50 and p95 over 200 calls);
from the click on "Learn all" to the first step on disk, to the first live point and to the end of a
quick run; from the click on Stop to the run's end; from SIGTERM and SIGINT to the end of the
process with a tab open. Needs Chromium and the development requirements.
"""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from playwright.sync_api import Page, sync_playwright

from tests.app.helpers import CHROMIUM, DESKTOP, FLAGS, SECONDS_TO_WARM, Server

VISITS = 10
# Notes when the pad takes strokes, which it does before the rest of its page is there. From outside
# the page the moment would be known only to a tenth of a second.
NOTE_PAD = """
if (location.pathname.startsWith('/gradio'))
  new MutationObserver((_, observer) => {
    if (!document.querySelector('#waiting canvas, #pad canvas')) return;
    window.top.padAt = Date.now();
    observer.disconnect();
  }).observe(document, {childList: true, subtree: true});
"""
CURVE = "[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg"


def main() -> None:
    """Prints all measurements as JSON."""
    report = {"answer": answer_seconds()}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        server, report["start"] = start(folder)
        url = server.url
        time.sleep(SECONDS_TO_WARM)
        visits = []
        for _ in range(VISITS):
            # A tab left open would take part of the machine from the next visit.
            with chromium.new_context(viewport=DESKTOP) as context:
                visits.append(visit(context.new_page(), url))
        report["page"] = {name: round(median(v[name] for v in visits), 2) for name in visits[0]}
        runs = [
            train(chromium.new_context(viewport=DESKTOP).new_page(), url, Path(folder))
            for _ in range(VISITS)
        ]
        # The first run also reads the data set.
        report["train"] = {name: [run[name] for run in runs] for name in runs[0]}
        report["stop"] = stop(chromium.new_context(viewport=DESKTOP).new_page(), url, Path(folder))
        visit(chromium.new_context(viewport=DESKTOP).new_page(), url)
        report["sigterm"] = end(server.process, signal.SIGTERM)
        server, _ = start(folder)
        visit(chromium.new_context(viewport=DESKTOP).new_page(), server.url)
        report["sigint"] = end(server.process, signal.SIGINT)
        chromium.close()
    print(json.dumps(report, indent=1))


def start(runs: str) -> tuple[Server, float]:
    """Starts the app with this folder for runs; returns it and the seconds until it is healthy."""
    clock = time.perf_counter()
    server = Server({**os.environ, "LIFELONG_RUNS": runs})
    return server, round(time.perf_counter() - clock, 2)


def visit(page: Page, url: str) -> dict[str, float]:
    """Returns the seconds from opening the page to each of its parts."""
    page.add_init_script(NOTE_PAD)
    opened, clock, seconds = time.time(), time.perf_counter(), {}
    page.goto(url, wait_until="commit")
    frame = page.frame_locator("iframe[src*='/gradio']")
    frame.locator("html.ready #pad canvas").wait_for()
    seconds["answers"] = time.perf_counter() - clock
    seconds["pad"] = page.evaluate("window.padAt") / 1000 - opened
    page.wait_for_selector(CURVE)
    seconds["curve"] = time.perf_counter() - clock
    frame.locator("#strip [data-after='4']").wait_for()
    seconds["strip"] = time.perf_counter() - clock
    return seconds


def answer_seconds(calls: int = 200) -> dict[str, float]:
    """Returns p50 and p95 of the seconds for the predictions of all checkpoints of a run."""
    from lifelong import api

    api.warm()
    dice = np.random.default_rng(0)
    seconds = []
    for _ in range(calls):
        canvas = np.zeros((280, 280), np.uint8)
        row, column = dice.integers(20, 120, 2)
        canvas[row : row + 120, column : column + 24] = 255
        clock = time.perf_counter()
        api.classify(
            "mnist-class-finetune",
            api.preprocess("mnist-class-finetune", api.open_drawing(api.png(canvas))),
        )
        seconds.append(time.perf_counter() - clock)
    p95 = quantiles(seconds, n=20)[-1]
    return {"n": calls, "p50": round(median(seconds), 4), "p95": round(p95, 4)}


def train(page: Page, url: str, runs: Path) -> dict[str, float]:
    """Trains a quick run.

    Returns the seconds from the click to the first step on disk, to the live curve and to the end.
    """
    before = set(runs.glob("*/record.jsonl"))
    begin(page, url)
    clock = time.perf_counter()
    page.locator(".st-key-learn_all button").click()
    record = wait_for(lambda: new_record(runs, before))
    wait_for(lambda: '"step"' in record.read_text())
    on_disk = time.perf_counter() - clock
    # This text appears together with the curve's first points.
    page.get_by_text(re.compile(r"step \d+ of \d+")).first.wait_for()
    live = time.perf_counter() - clock
    wait_for(lambda: '"finished"' in record.read_text())
    return {
        "first_point_on_disk": round(on_disk, 2),
        "first_live_point": round(live, 2),
        "end": round(time.perf_counter() - clock, 2),
    }


def stop(page: Page, url: str, runs: Path) -> float:
    """Returns the seconds from the click on Stop to the Stopped event of a run of paper length."""
    before = set(runs.glob("*/record.jsonl"))
    begin(page, url)
    page.locator(".st-key-recipe button", has_text="Paper").click()
    page.locator(".st-key-learn_all button").click()
    record = wait_for(lambda: new_record(runs, before))
    wait_for(lambda: record.read_text().count('"step"') > 3)
    clock = time.perf_counter()
    page.locator(".st-key-stop button").click()
    wait_for(lambda: '"stopped"' in record.read_text())
    return round(time.perf_counter() - clock, 2)


def begin(page: Page, url: str) -> None:
    """Opens the form of the Train page and waits until it is drawn."""
    page.goto(f"{url}/train")
    page.locator("summary").filter(has_text="All settings").click()
    page.locator(".st-key-learn_all button").wait_for()


def new_record(runs: Path, before: set[Path]) -> Path | None:
    """Returns the record of a run that did not exist before, or None."""
    return next(iter(set(runs.glob("*/record.jsonl")) - before), None)


def wait_for(condition, seconds: float = 120):
    """Calls a function every 10 ms and returns its first true value."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise SystemExit(f"The app did not do what was expected within {seconds:.0f} s.")


def end(server: subprocess.Popen, number: int) -> float:
    """Returns the seconds from a signal to the end of the process."""
    clock = time.perf_counter()
    server.send_signal(number)
    server.wait(60)
    return round(time.perf_counter() - clock, 2)


if __name__ == "__main__":
    main()
