"""Figures of a server with a crowd: visitors who draw, visitors who watch a run, and that run."""

import asyncio
import json
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

import psutil

from benchmarks.watcher import Shown, Watcher
from lifelong import api

RATE, DRAWS, ROUND = 2.0, 5.0, 15.0  # answers a second, for so many seconds of every so many
WARM_UP = 0.2  # share of the time that does not count, at most a minute
FIRST, MOST_VISITORS, LIMIT_MS = 50, 1600, 500
PERIOD = 0.05  # seconds between two looks at the record
RUN = {"dataset": "mnist-sample", "strategy": "replay", "recipe": "paper", "steps": 60_000}


@dataclass
class Recorded:
    """Moments of a run as they came to be in its record: seconds of `time.perf_counter`."""

    file: Path
    at: dict[Shown, float] = field(default_factory=dict)

    async def follow(self) -> None:
        """Reads what is appended, until it is cancelled."""
        while not self.file.exists():
            await asyncio.sleep(PERIOD)
        with open(self.file, "rb") as record:
            rest = b""
            while True:
                *lines, rest = (rest + record.read()).split(b"\n")
                for event in map(json.loads, lines):
                    if event["event"] == "step":
                        self.at[event["task"] + 1, event["step"]] = time.perf_counter()
                await asyncio.sleep(PERIOD)

    def steps_per_second(self, begin: float, end: float) -> float:
        """Returns the speed of training between two moments, the time of evaluation included."""
        within = [(at, shown) for shown, at in self.at.items() if begin <= at <= end]
        (first, one), (last, other) = min(within), max(within)
        steps = (other[0] - one[0]) * int(RUN["steps"]) + other[1] - one[1]
        return steps / (last - first)


def ages(recorded: Recorded, seen: Sequence[tuple[Shown, float]], begin: float) -> list[float]:
    """Returns the seconds from each moment of the record to when a page showed it, or a later one.

    seen: what the page showed, and when. begin: moments before it do not count.
    """
    found, views = [], iter(seen)
    view = next(views, None)
    for moment, written in sorted(recorded.at.items()):
        while view is not None and view[0] < moment:
            view = next(views, None)
        if view is None:
            break  # those after it were not to be seen yet
        if written >= begin:
            found.append(max(0.0, view[1] - written))
    return found


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Returns the slope of a line through (x, y) by least squares.

    >>> slope([(0, 1), (1, 3), (2, 5)])
    2.0
    """
    x, y = fmean(a for a, _ in samples), fmean(b for _, b in samples)
    across = sum((a - x) ** 2 for a, _ in samples)
    return sum((a - x) * (b - y) for a, b in samples) / across if across else 0.0


async def memory(process: psutil.Process, samples: list[tuple[float, float]]) -> None:
    """Adds the bytes of a process's memory, once a second, until it is cancelled."""
    while True:
        samples.append((time.perf_counter(), process.memory_info().rss))
        await asyncio.sleep(1)


async def draw_in_turns(visitor: Any, begin: float, end: float, dice: random.Random) -> None:
    """Has a visitor draw for DRAWS seconds of every ROUND, from a moment of his own on."""
    await asyncio.sleep(dice.uniform(0, ROUND))
    while (now := time.perf_counter()) < end:
        await visitor.draw(RATE, begin, min(now + DRAWS, end))
        await asyncio.sleep(max(0.0, min(now + ROUND, end) - time.perf_counter()))


async def begin_training(url: str, **more: Any) -> Recorded:
    """Makes a run and has the app train it, as a click on its page does; returns its record.

    more: fields of its configuration beside those of RUN.
    """
    folder = Path(os.environ["LIFELONG_RUNS"], api.create(**RUN, **more))
    starter = Watcher(url, "train", f"run={folder.name}")
    opened = asyncio.create_task(starter.watch(time.perf_counter() + 4))
    await starter.press("Learn to the end")
    await opened
    return Recorded(folder / "record.jsonl")


async def drawing(
    url: str, crowd: Callable[[str], list[Any]], counts: float, end: float
) -> dict[str, Any]:
    """Returns the figures of visitors who draw in turns until a moment.

    crowd: makes them for an address. counts: the moment before which nothing counts.
    """
    dice, visitors = random.Random(0), crowd(url)
    await asyncio.gather(*(draw_in_turns(each, counts, end, dice) for each in visitors))
    await asyncio.gather(*(each.client.aclose() for each in visitors))
    times = sorted(1000 * each for visitor in visitors for each in visitor.seconds)
    return {
        "drawing": len(visitors),
        "answers": len(times),
        "median_ms": round(quantiles(times, n=2)[0], 1),
        "p95_ms": round(quantiles(times, n=20)[-1], 1),
        "longest_ms": round(times[-1], 1),
        "busy": sum(each.busy for each in visitors),
        "errors": sum(each.errors for each in visitors),
        "left_out": sum(each.left_out for each in visitors),
    }


async def watching(
    url: str, recorded: Recorded, count: int, counts: float, end: float
) -> dict[str, Any]:
    """Returns the figures of so many visitors who watch the run until a moment."""
    views = [list[tuple[Shown, float]]() for _ in range(count)]
    watchers = [_watcher(url, recorded.file.parent.name, each) for each in views]
    await asyncio.gather(*(each.watch(end) for each in watchers))
    seen = [age for each in views for age in ages(recorded, each, counts)]
    live = [1000 * each for watcher in watchers for each in watcher.answers]
    return {
        "watching": count,
        "views": len(live),
        "views_median_ms": round(quantiles(live, n=2)[0], 1),
        "view_age_p95_seconds": round(quantiles(seen, n=20)[-1], 2),
        "view_age_most_seconds": round(max(seen), 2),
        "view_errors": sum(len(each.errors) for each in watchers),
    }


async def measure(
    server: Any, crowd: Callable[[str], list[Any]], watchers: int, seconds: float, alone: float
) -> dict[str, Any]:
    """Returns the figures of a server with a crowd, see `drawing` and `watching`.

    seconds: of the load. alone: seconds before, in which the run is trained and nobody else comes.
    """
    recorded, samples = await begin_training(server.url), list[tuple[float, float]]()
    following = asyncio.create_task(recorded.follow())
    while not recorded.at:
        await asyncio.sleep(PERIOD)
    before = time.perf_counter()
    await asyncio.sleep(alone)
    begin = time.perf_counter()
    counts, end = begin + min(WARM_UP * seconds, 60), begin + seconds
    sampling = asyncio.create_task(memory(psutil.Process(server.process.pid), samples))
    drawn, watched = await asyncio.gather(
        drawing(server.url, crowd, counts, end),
        watching(server.url, recorded, watchers, counts, end),
    )
    following.cancel()
    sampling.cancel()
    speed, speed_alone = (
        recorded.steps_per_second(*between) for between in ((counts, end), (before, begin))
    )
    flat = [(at / 3600, nbytes / 1e6) for at, nbytes in samples if at >= counts]
    return {
        "minutes": round(seconds / 60, 2),
        **drawn,
        **watched,
        "steps_per_second": round(speed, 1),
        "steps_per_second_alone": round(speed_alone, 1),
        "speed_share": round(speed / speed_alone, 3),
        "memory_mb": round(flat[-1][1], 1),
        "memory_mb_per_hour": round(slope(flat), 1),
    }


async def most_visitors(
    url: str, crowd: Callable[[int, str], list[Any]], seconds: float
) -> list[dict[str, Any]]:
    """Tries more and more visitors who draw beside a run that is trained.

    Their number is doubled until the 95th percentile passes LIMIT_MS, and then is found between
    the two last ones to a tenth. Returns the figures of each trial.
    """
    await begin_training(url)
    trials: list[dict[str, Any]] = []
    enough, too_many = 0, None
    count = FIRST
    while count <= MOST_VISITORS and (too_many is None or too_many - enough > 0.1 * too_many):
        begin = time.perf_counter()
        counts, end = begin + WARM_UP * seconds, begin + seconds
        trials.append(await drawing(url, partial(crowd, count), counts, end))
        print(json.dumps(trials[-1]), flush=True)
        if trials[-1]["p95_ms"] > LIMIT_MS:
            too_many = count
        else:
            enough = count
        count = 2 * count if too_many is None else (enough + too_many) // 2
    return trials


def _watcher(url: str, run: str, views: list[tuple[Shown, float]]) -> Watcher:
    def on_shown(shown: Shown) -> None:
        views.append((shown, time.perf_counter()))

    return Watcher(url, "train", f"run={run}", on_shown)
