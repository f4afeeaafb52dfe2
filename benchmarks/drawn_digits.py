"""Measures how well digits are read that people draw on the pad.

    python -m benchmarks.drawn_digits [RUN]

Draws every form of `benchmarks.digit_forms` in every style of STYLES, COPIES times, each time by
another hand, with the pad's round pen on its black sheet of 280 x 280. Prints and writes to
benchmarks/results/drawn_digits.json, in percent: how many of them the last model of RUN and the
recogniser read correctly (its likeliest digit, and what it calls no digit), in all, by digit, by
style and by form, and the milliseconds that the preprocessing takes. No private data is used.
"""

import json
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
import torch
from PIL import Image

from benchmarks.digit_forms import FORMS
from benchmarks.strokes import CANVAS, Figure, Stroke, drawn
from lifelong.inference import predict, recogniser
from lifelong.inference.digits import to_digit
from lifelong.runs import store as run_store

RESULTS = Path(__file__).parent / "results" / "drawn_digits.json"
COPIES = 6
PAD_PEN = 22.0  # pixels of 280
Range = tuple[float, float]


@dataclass(frozen=True)
class Style:
    """Ranges that a hand draws from. size: of the canvas; slant, turn (degrees): mean and spread.

    shake: of a line, as a share of the figure's size; gap: as a share of a stroke's length.
    """

    size: Range = (0.45, 0.75)
    width: Range = (0.75, 1.0)
    slant: Range = (0.05, 0.1)
    turn: Range = (0, 4)
    pen: Range = (PAD_PEN, PAD_PEN)
    shake: float = 0.004
    gap: Range = (0, 0)
    corner: bool = False


STYLES = {
    "plain": Style(),
    "slanted left": Style(slant=(-0.32, 0.08)),
    "slanted right": Style(slant=(0.42, 0.1)),
    "turned": Style(turn=(0, 12)),
    "narrow": Style(width=(0.45, 0.6)),
    "wide": Style(width=(1.15, 1.4)),
    "small": Style(size=(0.25, 0.36)),
    "off centre": Style(size=(0.3, 0.5), corner=True),
    "shaky": Style(shake=0.018),
    "gaps": Style(gap=(0.04, 0.1)),
    "thin pen": Style(pen=(4, 9)),
    "thick pen": Style(pen=(32, 44)),
}


def smooth_noise(dice: random.Random, count: int, spread: float) -> np.ndarray:
    """Returns float (count, 2) of this spread that changes slowly from point to point."""
    rough = np.array([[dice.gauss(0, 1), dice.gauss(0, 1)] for _ in range(count + 8)])
    kernel = np.array([0.5, 1, 1.4, 1.4, 1, 0.5])
    smooth = np.stack([np.convolve(rough[:, k], kernel, "same")[4:-4] for k in (0, 1)], 1)
    return smooth * spread / np.sqrt((kernel**2).sum())


def walked(stroke: Stroke, step: float = 0.03) -> np.ndarray:
    """Returns a stroke's points at equal distances, float (n, 2)."""
    corners = np.array(stroke)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    at = np.linspace(0, along[-1], max(2, round(along[-1] / step)))
    return np.stack([np.interp(at, along, corners[:, k]) for k in (0, 1)], 1)


def with_gap(points: np.ndarray, dice: random.Random, gap: Range) -> list[np.ndarray]:
    """Returns a stroke in two pieces, where the pen left no ink for a moment."""
    missing = round(len(points) * dice.uniform(*gap))
    if missing == 0 or len(points) < 12:
        return [points]
    start = dice.randint(4, len(points) - missing - 4)
    return [points[:start], points[start + missing :]]


def written(figure: Figure, style: Style, dice: random.Random) -> Figure:
    """Returns a figure in pixels as one hand writes it once in a style."""
    slant, turn = dice.gauss(*style.slant), math.radians(dice.gauss(*style.turn))
    size = CANVAS * dice.uniform(*style.size)
    width = dice.uniform(*style.width)
    change = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    change = change @ np.array([[width, -slant], [0, 1]]) * size
    pieces = []
    for stroke in figure:
        points = walked(stroke)
        points = points + smooth_noise(dice, len(points), style.shake)
        pieces += with_gap((points - 0.5) @ change.T, dice, style.gap)
    together = np.concatenate(pieces)
    low, high = together.min(0), together.max(0)
    margin = PAD_PEN / 2
    shrink = min(1.0, (CANVAS - 2 * margin) / float((high - low).max()))
    room = np.maximum(CANVAS - 2 * margin - (high - low) * shrink, 0)
    share = (
        [dice.choice((0.02, 0.98)), dice.choice((0.02, 0.98))]
        if style.corner
        else [min(1, max(0, dice.gauss(0.5, 0.15))) for _ in range(2)]
    )
    at = margin + room * share - low * shrink
    return [[(float(x), float(y)) for x, y in piece * shrink + at] for piece in pieces]


def drawings(seed: int = 0) -> Iterator[tuple[str, str, str, Image.Image]]:
    """Yields digit, form, style and drawing (white on black, 280 x 280) of the whole set."""
    dice = random.Random(seed)
    for digit, forms in FORMS.items():
        for form, figure in forms.items():
            for name, style in STYLES.items():
                for _ in range(COPIES):
                    pen = dice.uniform(*style.pen)
                    yield digit, form, name, drawn(written(figure, style, dice), pen)


def readings(run: str, images: np.ndarray) -> tuple[list[str], list[str]]:
    """Returns what a run's last model and the recogniser read in images uint8 (n, 28, 28).

    The recogniser's answer is '' for no digit.
    """
    folder = run_store.folder(run)
    history = run_store.history(folder)
    order = [str(name) for names in history.started.classes for name in names]
    labels = [label for of_task in history.started.labels for label in of_task]
    with torch.no_grad():
        model = predict.load(folder, len(history.learned) - 1)
        best = model.scores(torch.from_numpy(images).unsqueeze(1)).argmax(1).tolist()
    name_of = dict(zip(labels, order))
    probability = recogniser.probabilities(images)
    digits = [*recogniser.DIGITS, ""]
    return [name_of[label] for label in best], [digits[k] for k in probability.argmax(1)]


def percent(right: list[bool]) -> float:
    """Returns the share that is true, in percent."""
    return round(100 * sum(right) / len(right), 2)


def by(keys: list[str], right: list[bool]) -> dict[str, float]:
    """Returns the share that is true for each key, in percent."""
    return {
        key: percent([r for k, r in zip(keys, right) if k == key]) for key in dict.fromkeys(keys)
    }


def milliseconds(read: Callable[[Image.Image], Any], pictures: list[Image.Image]) -> float:
    """Returns the median time of a call, in milliseconds."""
    times = []
    for picture in pictures:
        clock = time.perf_counter()
        read(picture)
        times.append(time.perf_counter() - clock)
    return round(1000 * median(times), 3)


def measure(run: str) -> dict[str, Any]:
    """Returns the figures of the whole set."""
    rows = list(drawings())
    blank = np.zeros((28, 28), np.uint8)
    found = [to_digit(picture) for *_, picture in rows]
    images = np.stack([blank if digit is None else digit for digit in found])
    names = [digit for digit, *_ in rows]
    model, recognised = readings(run, images)
    report: dict[str, Any] = {"run": run, "n": len(rows)}
    for reader, answers in (("model", model), ("recogniser", recognised)):
        right = [answer == name for answer, name in zip(answers, names)]
        report[reader] = {
            "right": percent(right),
            "no_digit": percent([answer == "" for answer in answers]),
            "by_digit": by(names, right),
            "by_style": by([style for _, _, style, _ in rows], right),
            "by_form": by([f"{digit}, {form}" for digit, form, *_ in rows], right),
        }
    pad = [picture.convert("RGBA") for *_, picture in rows[::10]]
    report["milliseconds_a_call"] = milliseconds(to_digit, pad)
    return report


@click.command()
@click.argument("run", default="mnist-class-cumulative")
def main(run: str) -> None:
    """Measures and writes the figures."""
    report = measure(run)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    click.echo(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
