"""Measures the app with many visitors at once, as browsers ask; only this machine is asked.

    python -m benchmarks.load answers [--visitors 50 --rate 3 --seconds 20] [--out FILE]
    python -m benchmarks.load crowd [--minutes 10] [--out FILE]
    python -m benchmarks.load most [--out FILE]
    python -m benchmarks.load end [--out FILE]

Starts the app on this machine and loads nothing but it. Each visitor draws digits stroke by stroke
and asks about the drawing `rate` times a second by POST /answer with a PNG of 280 x 280 pixels. As
on the page, at most two requests of a visitor are under way; what could not be asked in time is
left out, as the next one is newer. The generator computes on the same processors as the app.

`answers` prints one JSON object a load, by default for 1 visitor who asks 10 times a second, 20 who
ask 10 times and 50 who ask 3 times, then again for 1 and 20 who have the strips of three further
networks and the slider open: answers a second wanted and given, milliseconds from request to answer
(median, 95th percentile, longest), requests that were told that many people are drawing (`busy`:
status 503 and a sentence, the page asks again) and those that failed (`errors`).

`crowd`: 50 visitors draw for 5 seconds of every 15 (2 answers a second), 10 have the page of a run
open that is trained all the while, see `watcher`. Beside the answers: how old the pages are, from a
line in the record to the page that shows it; the speed of training, and before anybody came; the
slope of the server's memory. The first fifth, at most a minute, does not count.

`most` doubles the visitors who draw in this rhythm, beside a run that is trained, until the 95th
percentile of an answer passes half a second, and finds their number to a tenth.

`end` sends the app SIGTERM while a run is trained and ten visitors watch it: seconds to the end of
the process, and whether the run would go on from the very step at which it was stopped.
"""

import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any, TypeVar

import click
import httpx

from app.shared.data_urls import data_url
from benchmarks import crowd, ending, strokes
from lifelong import api
from tests.app.helpers import SECONDS_TO_WARM, Server, server_environment

Found = TypeVar("Found")
RUNS = ("mnist-class-finetune", "mnist-class-replay", "mnist-class-ewc")
REMEDIES = ("mnist-class-analytic", "mnist-class-replay", "mnist-class-ewc")
# Visitors, questions a second of each, whether the strips and the slider are open.
LOADS = ((1, 10.0, False), (20, 10.0, False), (50, 3.0, False), (1, 10.0, True), (20, 3.0, True))
MOST_VISITORS = 500
AT_ONCE = 2  # requests of a visitor, as in app/assets/draw/answers.js
MOMENTS = 8  # of a drawing that grows
WARM_UP = 2.0  # seconds that do not count


def drawings(count: int = 30) -> list[list[str]]:
    """Returns digits that grow as they are drawn, each a list of PNG files as data URLs."""
    dice = random.Random(0)
    return [_growing(str(index % 10), dice) for index in range(count)]


def _growing(name: str, dice: random.Random) -> list[str]:
    figure, pen = (
        strokes.by_hand(dice.choice(strokes.DIGITS[name]), dice),
        dice.uniform(*strokes.PEN),
    )
    points = sum(map(len, figure))
    shares = [max(2, round(points * (at + 1) / MOMENTS)) for at in range(MOMENTS)]
    return [
        data_url(api.png(strokes.pixels(strokes.drawn(_until(figure, n), pen)))) for n in shares
    ]


def _until(figure: strokes.Figure, points: int) -> strokes.Figure:
    """Returns the first points of a figure."""
    found: strokes.Figure = []
    for stroke in figure:
        if points > 0:
            found.append(stroke[:points])
        points -= len(stroke)
    return found


class Visitor:
    """A visitor who draws.

    is_open: whether further networks and the slider are on screen. seconds: of each answer. busy:
    questions that were to be asked later. errors: those without an answer, or with a wrong one.
    """

    def __init__(self, url: str, pictures: list[list[str]], seed: int, is_open: bool) -> None:
        # Each has connections of their own: a client of all looks through all at every request.
        self.client = httpx.AsyncClient(base_url=url, timeout=30, trust_env=False, verify=False)
        self.others = REMEDIES if is_open else ()
        self.is_open = is_open
        self.dice = random.Random(seed)
        self.pictures = pictures
        self.run = self.dice.choice(RUNS)
        self.seconds: list[float] = []
        self.busy = self.errors = self.left_out = self.under_way = 0

    async def draw(self, rate: float, begin: float, end: float) -> None:
        """Asks about growing drawings until the end; what comes before the begin does not count."""
        await asyncio.sleep(self.dice.random() / rate)
        async with asyncio.TaskGroup() as group:
            while True:
                for picture in self.dice.choice(self.pictures):
                    now = time.perf_counter()
                    if now > end:
                        return
                    if self.under_way < AT_ONCE:
                        group.create_task(self._ask(picture, now >= begin))
                    elif now >= begin:
                        self.left_out += 1
                    await asyncio.sleep(max(0, now + 1 / rate - time.perf_counter()))

    async def _ask(self, picture: str, counts: bool) -> None:
        choice = {"name": "", "origin": "", "run": self.run}
        pad = {"image": picture, "unfinished": True}
        question = {"pad": pad, "run": self.run, "choice": choice, "label": False}
        question |= {"others": self.others, "within": self.is_open}
        self.under_way += 1
        clock = time.perf_counter()
        try:
            reply = await self.client.post("/answer", json=question)
            is_answer = reply.status_code == 200 and len(reply.json()["strip"]) == 5
            is_busy = reply.status_code == 503 and "Retry-After" in reply.headers
        except httpx.HTTPError:
            is_answer = is_busy = False
        self.under_way -= 1
        if counts and is_answer:
            self.seconds.append(time.perf_counter() - clock)
        elif counts:
            self.busy += is_busy
            self.errors += not is_busy


async def measure(
    url: str, visitors: int, rate: float, is_open: bool, seconds: float
) -> dict[str, Any]:
    """Returns the figures of one load."""
    crowd = visitors_who_draw(visitors, url, is_open)
    begin = time.perf_counter() + WARM_UP
    await asyncio.gather(*(each.draw(rate, begin, begin + seconds) for each in crowd))
    await asyncio.gather(*(each.client.aclose() for each in crowd))
    times = sorted(1000 * each for visitor in crowd for each in visitor.seconds)
    return {
        "visitors": visitors,
        "further_networks": len(REMEDIES) if is_open else 0,
        "wanted_per_second": visitors * rate,
        "answers_per_second": round(len(times) / seconds, 1),
        "median_ms": round(quantiles(times, n=2)[0], 1),
        "p95_ms": round(quantiles(times, n=20)[-1], 1),
        "longest_ms": round(times[-1], 1),
        "left_out": sum(each.left_out for each in crowd),
        "busy": sum(each.busy for each in crowd),
        "errors": sum(each.errors for each in crowd),
    }


def _served(environment: dict[str, str], work: Callable[[Server], Found]) -> Found:
    """Returns what comes of work with the app, which is served to this machine alone."""
    server = Server(server_environment(**environment))
    time.sleep(SECONDS_TO_WARM)
    try:
        return work(server)
    finally:
        server.process.terminate()
        server.process.wait()


def _keep(out: Path | None, found: dict[str, Any]) -> None:
    """Puts figures into a file, beside those of the other commands."""
    if out:
        before = json.loads(out.read_text()) if out.exists() else {}
        out.write_text(json.dumps(before | found, indent=1) + "\n")


OUT = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the figures."
)


@click.group()
def main() -> None:
    """Measures the app under load. Only this machine is asked."""


@main.command()
@click.option("--visitors", type=click.IntRange(1, MOST_VISITORS), help="With --rate: one load.")
@click.option("--rate", default=3.0, help="Questions a second of each visitor.")
@click.option("--open", "is_open", is_flag=True, help="With further networks and slider open.")
@click.option("--seconds", default=15.0, help="Length of a load.")
@OUT
def answers(
    visitors: int | None, rate: float, is_open: bool, seconds: float, out: Path | None
) -> None:
    """Visitors who all draw at once."""
    loads = ((visitors, rate, is_open),) if visitors else LOADS

    def work(server: Server) -> list[dict[str, Any]]:
        figures = []
        for each in loads:
            figures.append(asyncio.run(measure(server.url, *each, seconds)))
            click.echo(json.dumps(figures[-1]))
        return figures

    with tempfile.TemporaryDirectory() as folder:
        figures = _served({"LIFELONG_RUNS": folder}, work)
    _keep(out, {"seconds": seconds, "loads": figures})


def visitors_who_draw(count: int, url: str, is_open: bool = False) -> list[Visitor]:
    """Returns so many visitors of a server. is_open: whether networks and slider are on screen."""
    pictures = drawings()
    return [Visitor(url, pictures, seed, is_open) for seed in range(count)]


@main.command("crowd")
@click.option("--visitors", default=50, type=click.IntRange(1, MOST_VISITORS))
@click.option("--watchers", default=10, type=click.IntRange(1, 100))
@click.option("--minutes", default=10.0, type=click.FloatRange(0.2, 60))
@OUT
def with_crowd(visitors: int, watchers: int, minutes: float, out: Path | None) -> None:
    """Visitors who draw now and then, others who watch a run, and that run."""
    alone = min(20.0, 10 * minutes)
    make = partial(visitors_who_draw, visitors)
    with runs_folder() as folder:
        figures = _served(
            {"LIFELONG_RUNS": folder},
            lambda server: asyncio.run(crowd.measure(server, make, watchers, 60 * minutes, alone)),
        )
    click.echo(json.dumps(figures, indent=1))
    _keep(out, {"crowd": figures})


@main.command()
@click.option("--seconds", default=20.0, help="Length of a trial.")
@OUT
def most(seconds: float, out: Path | None) -> None:
    """The number of visitors at which the 95th percentile passes half a second."""
    with runs_folder() as folder:
        trials = _served(
            {"LIFELONG_RUNS": folder},
            lambda server: asyncio.run(crowd.most_visitors(server.url, visitors_who_draw, seconds)),
        )
    _keep(out, {"most": {"seconds": seconds, "trials": trials}})


@main.command()
@click.option("--times", default=5, help="Servers that are ended while MNIST's network is trained.")
@click.option("--whole", default=2, help="Those that are while a whole ResNet-50 is.")
@OUT
def end(times: int, whole: int, out: Path | None) -> None:
    """Seconds from SIGTERM to the end of the app while a run is trained, all tabs open."""
    cases = {"MNIST": ({}, times), "whole ResNet-50": (ending.WHOLE, whole)}
    figures: dict[str, Any] = {}
    for name, (fields, count) in cases.items():
        ends = []
        for _ in range(count):
            with runs_folder() as folder:
                ends.append(
                    _served(
                        {"LIFELONG_RUNS": folder},
                        lambda server, fields=fields: asyncio.run(ending.measure(server, fields)),
                    )
                )
            click.echo(json.dumps({"case": name, **ends[-1]}))
        figures[name] = ends
    _keep(out, {"end": figures})


@contextmanager
def runs_folder() -> Iterator[str]:
    """An empty folder of runs, which this process makes its runs in, too."""
    before = os.environ.get("LIFELONG_RUNS")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIFELONG_RUNS"] = folder
        try:
            yield folder
        finally:
            os.environ.pop("LIFELONG_RUNS")
            if before is not None:
                os.environ["LIFELONG_RUNS"] = before


if __name__ == "__main__":
    main()
