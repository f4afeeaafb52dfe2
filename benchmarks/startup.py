"""Seconds from the shell to the first step of `train`, and to the end of commands that list.

    python -m benchmarks.startup

Needs MNIST under LIFELONG_DATA or in the cache.
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

TRAIN = ("train", "--dataset", "mnist", "--out")
LISTS = (("runs",), ("strategies",), ("datasets",))


def seconds_to_first_step() -> float:
    """Starts training on MNIST and returns the seconds until its record has a first step."""
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
                raise SystemExit("train ended before its first step; is the data set in place?")
            time.sleep(0.002)
        seconds = time.perf_counter() - clock
        process.kill()
        process.wait()
        if "embedded sample" in record.read_text():
            raise SystemExit("MNIST is not in place: this was the embedded sample of it.")
    return seconds


def seconds_of(*arguments: str) -> float:
    """Runs a command to its end and returns the seconds it took."""
    clock = time.perf_counter()
    command = [sys.executable, "-m", "lifelong", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - clock


def measure(rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of every round, by what was measured, rounds one after the other."""
    tasks: dict[str, Callable[[], float]] = {"train, to its first step": seconds_to_first_step}
    tasks |= {" ".join(command): lambda c=command: seconds_of(*c) for command in LISTS}
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            found[name].append(round(task(), 3))
    return found


def main() -> None:
    """Prints the median of each, or all rounds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("LIFELONG_OFFLINE", "1")
    found = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(found))
        return
    for name, seconds in found.items():
        median = statistics.median(seconds)
        low, high = min(seconds), max(seconds)
        print(f"{name:<26}{median:6.2f} s  ({low:.2f} to {high:.2f}, n = {len(seconds)})")


if __name__ == "__main__":
    main()
