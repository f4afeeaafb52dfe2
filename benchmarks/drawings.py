"""Does a drawing lose anything on its way to 28 x 28?

    python -m benchmarks.drawings [RUN]

Takes 1,000 MNIST test digits (100 a class), blows each up to 280 x 280, scales it by 0.4 to 1,
shifts it anywhere it fits, thickens or thins its strokes, and turns half of them into black ink on
white paper. Prints the accuracy of a run's last model on the originals and on the drawings after
`lifelong.drawing.to_digit`, as JSON. The two must lie within
2 points of each other.
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
THINNEST, THICKEST = (
    -5,
    8,
)  # pixels of the 280 x 280 canvas on either side of a stroke, before scaling


def drawing(digit: np.ndarray, dice: random.Random) -> Image.Image:
    """A digit uint8 (28, 28) as somebody might have drawn it, 280 x 280."""
    image = Image.fromarray(digit).resize((CANVAS, CANVAS), Image.Resampling.BICUBIC)
    by = dice.randint(THINNEST, THICKEST)
    if by:
        image = image.filter(
            (ImageFilter.MaxFilter if by > 0 else ImageFilter.MinFilter)(2 * abs(by) + 1)
        )
    side = round(CANVAS * dice.uniform(0.4, 1))
    image = image.resize((side, side), Image.Resampling.BICUBIC)
    paper = Image.new("L", (CANVAS, CANVAS))
    left, top, right, bottom = image.getbbox() or (0, 0, side, side)
    paper.paste(image, (dice.randint(-left, CANVAS - right), dice.randint(-top, CANVAS - bottom)))
    return ImageOps.invert(paper) if dice.random() < 0.5 else paper


@click.command()
@click.argument("run", default="mnist-class-cumulative")
def main(run: str) -> None:
    """Compares a run's accuracy on originals and on drawings made from them."""
    dataset, dice = datasets.load("mnist"), random.Random(0)
    chosen = torch.cat(
        [(dataset.test_labels == label).nonzero().squeeze(1)[:100] for label in range(10)]
    )
    labels = dataset.test_labels[chosen]
    originals = dataset.test_images[chosen]
    drawn = [to_digit(drawing(image[0].numpy(), dice)) for image in originals]
    drawn = torch.from_numpy(
        np.stack([np.zeros((28, 28), np.uint8) if d is None else d for d in drawn])
    ).unsqueeze(1)
    own, of_drawings = (share_right(run, images, labels) for images in (originals, drawn))
    click.echo(
        json.dumps(
            {
                "run": run,
                "n": len(labels),
                "originals": round(100 * own, 2),
                "drawings": round(100 * of_drawings, 2),
                "points_lost": round(100 * (own - of_drawings), 2),
            }
        )
    )


def share_right(run: str, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of images that the run's last model answers with their own label."""
    at = run_store.folder(run)
    last = len(run_store.history(at).learned) - 1
    right = [
        predict.classify(at, image.numpy(), after=last)[-1].classes == (str(int(y)),)
        for image, y in zip(images, labels)
    ]
    return sum(right) / len(right)


if __name__ == "__main__":
    main()
