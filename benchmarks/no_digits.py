"""Figures that are no digits, for training: random strokes, letters of fonts, spots, pieces.

They are other figures than those of `benchmarks.strokes`, which the recogniser is measured on.
Needs the fonts DejaVu and Liberation.
"""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks import strokes
from benchmarks.drawings import drawing
from lifelong.inference.digits import to_digit

FONTS = "/usr/share/fonts/truetype"
# Those that a digit resembles are left out.
FONT_LETTERS = "AEFHKMNRTVWXYaefhkmnrtvwx?&#%+=*"


def random_strokes(dice: random.Random) -> Image.Image:
    """Returns two to six smooth strokes through random points."""
    figure = []
    for _ in range(dice.randint(2, 6)):
        points = [(dice.random(), dice.random()) for _ in range(dice.randint(2, 7))]
        figure.append(smooth(points))
    return strokes.drawn(strokes.by_hand(figure, dice), dice.uniform(*strokes.PEN))


def smooth(points: strokes.Stroke) -> strokes.Stroke:
    """Returns a Catmull-Rom spline through these points."""
    padded = np.array([points[0], *points, points[-1]])
    line = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:]):
        for t in np.linspace(0, 1, 8):
            at = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
            line.append((float(at[0]), float(at[1])))
    return line


def blobs(dice: random.Random) -> Image.Image:
    """Returns one to four spots, round or oblong."""
    picture = Image.new("L", (strokes.CANVAS, strokes.CANVAS))
    brush = ImageDraw.Draw(picture)
    for _ in range(dice.choice((1, 1, 2, 3, 4))):
        x, y, size = dice.uniform(30, 230), dice.uniform(30, 230), dice.uniform(8, 30)
        brush.ellipse((x, y, x + size, y + size * dice.uniform(0.6, 1.6)), fill=255)
    return picture


def font_letter(dice: random.Random) -> Image.Image:
    """Returns a letter of a font, anywhere and turned a little."""
    files = sorted(Path(FONTS).rglob("*.ttf"))
    font = ImageFont.truetype(str(dice.choice(files)), dice.randint(90, 200))
    picture = Image.new("L", (strokes.CANVAS, strokes.CANVAS))
    ImageDraw.Draw(picture).text((140, 140), dice.choice(FONT_LETTERS), 255, font, anchor="mm")
    return picture.rotate(dice.gauss(0, 8))


def pieces(digits: np.ndarray, dice: random.Random) -> Image.Image:
    """Returns two digits over or beside each other, a digit on its side, or two halves of two."""
    first, second = (
        Image.fromarray(digits[dice.randrange(len(digits))]).resize((140, 140)) for _ in range(2)
    )
    picture = Image.new("L", (strokes.CANVAS, strokes.CANVAS))
    kind = dice.choice(("beside", "over", "halves", "side"))
    if kind == "side":
        return drawing(np.rot90(np.asarray(first.resize((28, 28))), dice.choice((1, 3))), dice)
    if kind == "halves":
        upper, lower = np.asarray(first), np.asarray(second)
        half = np.concatenate([lower[70:], upper[:70]])
        picture.paste(Image.fromarray(half), (70, 70))
        return picture
    shift = dice.randint(75, 110) if kind == "beside" else dice.randint(-20, 20)
    canvas = np.zeros((2, strokes.CANVAS, strokes.CANVAS), np.uint8)
    canvas[0, 70:210, 30:170] = np.asarray(first)
    canvas[1, 70:210, 30 + max(shift, 0) : 170 + max(shift, 0)] = np.asarray(second)
    return Image.fromarray(canvas.max(0))


def figure(digits: np.ndarray, seed: int) -> np.ndarray | None:
    """Returns what is no digit as the network gets it, uint8 (28, 28)."""
    dice = random.Random(seed)
    kinds: list[Callable[[random.Random], Image.Image]] = [
        random_strokes,
        random_strokes,
        font_letter,
        blobs,
        partial(pieces, digits),
    ]
    return to_digit(half(dice.choice(kinds)(dice)))


def half(picture: Image.Image) -> Image.Image:
    """Returns a picture at half its size, which is read in a quarter of the time."""
    return picture.reduce(2)
