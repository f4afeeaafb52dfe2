"""Measures the accuracy that the preprocessing of drawings costs.

    LIFELONG_DATA=... python -m benchmarks.drawings [RUN]

Makes drawings from 1,000 MNIST test images (100 of each class): each is enlarged to 280 x 280
pixels, its strokes are thickened or thinned, it is scaled by 0.4 to 1 and shifted at random, and
half of them are inverted to black on white. Prints, as one JSON object, the accuracy of the last
model of RUN on the original images and on the drawings after `lifelong.inference.digits.to_digit`,
in percent. The aim is a difference of at most 2 points.
"""

import json
import random

import click
import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps

from lifelong import datasets
from lifelong.inference import predict
from lifelong.inference.digits import to_digit
from lifelong.runs import store as run_store

CANVAS = 280
# Pixels of the canvas added on either side of a stroke, before scaling.
THINNEST, THICKEST = -5, 8


def drawing(digit: np.ndarray, dice: random.Random) -> Image.Image:
    """Returns a drawing of 280 x 280 pixels made from an MNIST image uint8 (28, 28)."""
    image = Image.fromarray(digit).resize((CANVAS, CANVAS), Image.Resampling.BICUBIC)
    growth = dice.randint(THINNEST, THICKEST)
    if growth:
        stroke_filter = ImageFilter.MaxFilter if growth > 0 else ImageFilter.MinFilter
        image = image.filter(stroke_filter(2 * abs(growth) + 1))
    side = round(CANVAS * dice.uniform(0.4, 1))
    image = image.resize((side, side), Image.Resampling.BICUBIC)
    paper = Image.new("L", (CANVAS, CANVAS))
    left, top, right, bottom = image.getbbox() or (0, 0, side, side)
    paper.paste(image, (dice.randint(-left, CANVAS - right), dice.randint(-top, CANVAS - bottom)))
    return ImageOps.invert(paper) if dice.random() < 0.5 else paper


@click.command()
@click.argument("run", default="mnist-class-cumulative")
def main(run: str) -> None:
    """Prints a run's accuracy on MNIST images and on drawings made from them."""
    dataset, dice = datasets.load("mnist"), random.Random(0)
    indices = torch.cat(
        [(dataset.test_labels == label).nonzero().squeeze(1)[:100] for label in range(10)]
    )
    labels = dataset.test_labels[indices]
    originals = dataset.test_images[indices]
    digits = [to_digit(drawing(image[0].numpy(), dice)) for image in originals]
    drawings = torch.from_numpy(
        np.stack([np.zeros((28, 28), np.uint8) if digit is None else digit for digit in digits])
    ).unsqueeze(1)
    of_originals, of_drawings = (accuracy(run, images, labels) for images in (originals, drawings))
    click.echo(
        json.dumps(
            {
                "run": run,
                "n": len(labels),
                "originals": round(100 * of_originals, 2),
                "drawings": round(100 * of_drawings, 2),
                "points_lost": round(100 * (of_originals - of_drawings), 2),
            }
        )
    )


def accuracy(run: str, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Returns the accuracy of the run's last model, a share in [0, 1]."""
    folder = run_store.folder(run)
    last = len(run_store.history(folder).learned) - 1
    correct = [
        predict.classify(folder, image.numpy(), after=last)[-1].classes == (str(int(y)),)
        for image, y in zip(images, labels)
    ]
    return sum(correct) / len(correct)


if __name__ == "__main__":
    main()
