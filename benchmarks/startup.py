"""Measures the start-up time of the command line.

    LIFELONG_DATA=... python -m benchmarks.startup [--rounds 5] [--json]

Measures the seconds from the start of the process to the first training step of `train` in the
record, and to the end of `runs`, `strategies` and `datasets`. Prints the median and the range of
each; with --json, the seconds of every round. Needs MNIST under LIFELONG_DATA or in the cache.
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


def measure(rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of every round by command. Each round runs every command once."""
    timers: dict[str, Callable[[], float]] = {"train, to its first step": seconds_to_first_step}
    timers |= {" ".join(command): lambda c=command: seconds_of(*c) for command in LISTS}
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            seconds[name].append(round(timer(), 3))
    return seconds


def main() -> None:
    """Prints the median of each command, or all rounds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("LIFELONG_OFFLINE", "1")
    seconds_by_command = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(seconds_by_command))
        return
    for name, seconds in seconds_by_command.items():
        median = statistics.median(seconds)
        low, high = min(seconds), max(seconds)
        print(f"{name:<26}{median:6.2f} s  ({low:.2f} to {high:.2f}, n = {len(seconds)})")


if __name__ == "__main__":
    main()
