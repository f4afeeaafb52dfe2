"""Measures the start-up times of the command line and of the app.

    LIFELONG_DATA=... python -m benchmarks.startup [--rounds 5] [--out FILE]

Measures the seconds from the start of the process to the first training step of `train` in the
record, to the end of `runs`, `strategies` and `datasets`, and to a healthy app; and in headless
Chromium, with a warm server and an empty cache, from opening the first page to its first contentful
paint. Prints the median and the range of each; with --out, writes the seconds of every round.
`benchmarks.speed --no-measure` writes the section of docs/benchmarks.md. Needs MNIST under
LIFELONG_DATA or in the cache, Chromium and the development requirements.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.app.helpers import CHROMIUM, DESKTOP, FLAGS, SECONDS_TO_WARM, Server

TRAIN = ("train", "--dataset", "mnist", "--out")
LISTS = (("runs",), ("strategies",), ("datasets",))
FILE = Path(__file__).parent / "results" / "startup.json"
HEALTHY, PAINT = "app, from start to healthy", "app, first paint with a warm server"
GOALS = {"runs": 0.3, "train, to its first step": 2.0, HEALTHY: 2.5, PAINT: 1.0}  # seconds
FIRST_PAINT = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const paint = list.getEntriesByName('first-contentful-paint')[0];
    if (paint) resolve(paint.startTime / 1000);
  }).observe({ type: 'paint', buffered: true });
})"""


def seconds_to_first_step() -> float:
    """Returns the seconds from starting `train` on MNIST to the first step in its record."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "run" / "record.jsonl"
        clock = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "lifelong", *TRAIN, str(record.parent)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not (record.exists() and '"event":"step"' in record.read_text()):
            if process.poll() is not None:
                raise SystemExit("train ended before its first step; is MNIST under LIFELONG_DATA?")
            time.sleep(0.002)
        seconds = time.perf_counter() - clock
        process.kill()
        process.wait()
        if "embedded sample" in record.read_text():
            raise SystemExit("MNIST was not found, only the embedded sample; set LIFELONG_DATA.")
    return seconds


def seconds_of(*arguments: str) -> float:
    """Returns the seconds that a command of `python -m lifelong` takes."""
    clock = time.perf_counter()
    command = [sys.executable, "-m", "lifelong", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - clock


def seconds_to_healthy() -> float:
    """Returns the seconds from starting the app to its answer that it is healthy."""
    with tempfile.TemporaryDirectory() as runs:
        clock = time.perf_counter()
        server = Server({**os.environ, "LIFELONG_RUNS": runs})
        seconds = time.perf_counter() - clock
        server.process.terminate()
        server.process.wait()
    return seconds


def seconds_to_paint(rounds: int) -> list[float]:
    """Returns for each visit the seconds to the first contentful paint of a warm server's page."""
    seconds = []
    with tempfile.TemporaryDirectory() as runs, sync_playwright() as p:
        server = Server({**os.environ, "LIFELONG_RUNS": runs})
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _ in range(rounds + 1):
            with chromium.new_context(viewport=DESKTOP) as context:
                page = context.new_page()
                page.goto(server.url, wait_until="commit")
                seconds.append(round(page.evaluate(FIRST_PAINT), 3))
                page.wait_for_selector(".st-key-nav")
                time.sleep(1 if len(seconds) > 1 else SECONDS_TO_WARM)
        chromium.close()
        server.process.terminate()
        server.process.wait()
    return seconds[1:]


def measure(rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of every round. Each round runs every command once."""
    timers: dict[str, Callable[[], float]] = {"train, to its first step": seconds_to_first_step}
    timers |= {" ".join(command): lambda c=command: seconds_of(*c) for command in LISTS}
    timers[HEALTHY] = seconds_to_healthy
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            seconds[name].append(round(timer(), 3))
    return seconds | {PAINT: seconds_to_paint(rounds)}


def section() -> str:
    """Returns the section of docs/benchmarks.md."""
    found = json.loads(FILE.read_text())
    lines = [
        "## From the shell\n",
        "`python -m benchmarks.startup`, alone on the machine, the files read before:\n",
        "| what | median, s | lowest | highest | n | goal |",
        "|---|---|---|---|---|---|",
    ]
    for name, seconds in found.items():
        goal = f"{GOALS[name]:g}" if name in GOALS else "-"
        what = name if name.startswith("app") else f"`lifelong {name.split(',')[0]}`"
        what += ", to its first step" if "first step" in name else ""
        lines.append(
            f"| {what} | {statistics.median(seconds):.2f} | {min(seconds):.2f} |"
            f" {max(seconds):.2f} | {len(seconds)} | {goal} |"
        )
    return "\n".join([*lines, ""])


def main() -> None:
    """Prints the median of each; writes all rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("LIFELONG_OFFLINE", "1")
    found = measure(arguments.rounds)
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n")
    for name, seconds in found.items():
        median = statistics.median(seconds)
        low, high = min(seconds), max(seconds)
        print(f"{name:<36}{median:6.2f} s  ({low:.2f} to {high:.2f}, n = {len(seconds)})")


if __name__ == "__main__":
    main()
