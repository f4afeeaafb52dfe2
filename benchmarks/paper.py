"""Measures how well a digit photographed on paper is read.

    LIFELONG_DATA=... python -m benchmarks.paper [RUN] [--copies N]

Makes photographs (`benchmarks.photographs`) of N digits on each kind of paper, half of them MNIST's
test images and half of strokes, with pens of four colours. Prints and writes to
benchmarks/results/paper.json, in percent: how many the last model of RUN reads correctly after
`lifelong.inference.digits.to_digit`, by kind of paper, by pen and by origin of the digit, and the
milliseconds that the preprocessing of one takes.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.drawn_digits import by, milliseconds, percent, readings
from benchmarks.photographs import PAPERS, PENS, of_mnist, of_strokes, photograph
from lifelong import datasets
from lifelong.data.image_files import open_image
from lifelong.inference.digits import to_digit

RESULTS = Path(__file__).parent / "results" / "paper.json"
ORIGINS = ("MNIST", "strokes")
Row = tuple[str, str, str, str, bytes]


def photographs(copies: int, seed: int = 0) -> Iterator[Row]:
    """Yields digit, kind of paper, pen, origin and JPEG file; `copies` of each kind of paper."""
    test = datasets.load("mnist")
    images, labels = test.test_images[:, 0].numpy(), test.test_labels.tolist()
    for kind, paper in PAPERS.items():
        dice = random.Random(f"{seed} {kind}")
        for count in range(copies):
            pen, origin = sorted(PENS)[count % len(PENS)], ORIGINS[count // len(PENS) % 2]
            side = round(720 * dice.uniform(0.18, 0.65))
            if origin == "MNIST":
                index = dice.randrange(len(images))
                digit, ink = str(labels[index]), of_mnist(images[index], side, dice)
            else:
                digit = str(dice.randrange(10))
                ink = of_strokes(digit, side, dice)
            yield digit, kind, pen, origin, photograph(ink, paper, pen, dice)


def measure(run: str, copies: int) -> dict[str, Any]:
    """Returns the figures of the whole set."""
    rows = list(photographs(copies))
    digits, kinds, pens, origins, files = zip(*rows)
    found = [to_digit(open_image(file)) for file in files]
    blank = np.zeros((28, 28), np.uint8)
    images = np.stack([blank if digit is None else digit for digit in found])
    report: dict[str, Any] = {"run": run, "n": len(rows)}
    for reader, answers in zip(("model", "recogniser"), readings(run, images)):
        right = [answer == digit for answer, digit in zip(answers, digits)]
        report[reader] = {
            "right": percent(right),
            "by_paper": by(list(kinds), right),
            "by_pen": by(list(pens), right),
            "by_origin": by(list(origins), right),
        }
    report["milliseconds_a_call"] = milliseconds(to_digit, [open_image(f) for f in files[::20]])
    return report


@click.command()
@click.argument("run", default="mnist-class-cumulative")
@click.option("--copies", default=96, help="Photographs of each kind of paper.")
def main(run: str, copies: int) -> None:
    """Measures and writes the figures."""
    report = measure(run, copies)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    click.echo(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
