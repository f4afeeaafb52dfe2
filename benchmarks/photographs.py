"""Photographs of a digit on paper, made by a script: paper, pen, light, camera.

A digit (of MNIST's test images, or of `benchmarks.drawn_digits`) is written with a pen on a page,
which is then turned, seen at an angle, lit unevenly, blurred, made noisy and saved as JPEG.
"""

import io
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from benchmarks.digit_forms import FORMS
from benchmarks.drawn_digits import Style, written
from benchmarks.strokes import CANVAS, drawn

SIZE = (960, 720)  # height, width of a photograph; a page is larger on every side
MARGIN = 160
PENS = {
    "blue": (40, 60, 150),
    "black": (35, 35, 40),
    "red": (190, 45, 50),
    "pencil": (105, 105, 110),
}
RULES = ((150, 175, 215), (165, 170, 180), (140, 190, 200))  # colours of printed lines
DESKS = ((92, 66, 48), (60, 62, 66), (150, 122, 92))
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Paper:
    """Kind of paper and what else is in the picture. light: of the darkest corner."""

    lines: str = ""  # 'lined' or 'squared'
    light: tuple[float, float] = (0.8, 0.95)
    shadow: bool = False
    desk: bool = False
    mark: bool = False


PAPERS = {
    "white": Paper(),
    "lined": Paper("lined"),
    "squared": Paper("squared"),
    "shadow": Paper(light=(0.4, 0.6), shadow=True),
    "edge of the page": Paper(desk=True),
    "another mark": Paper(mark=True),
    "lined, shadow, another mark": Paper("lined", (0.45, 0.7), shadow=True, mark=True),
}


def of_mnist(image: np.ndarray, side: int, dice: random.Random) -> Image.Image:
    """Returns a test image uint8 (28, 28) as ink with the edges and the width of a pen."""
    big = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    thinner = round(side / 28 * dice.uniform(0, 0.3))
    if thinner:
        big = big.filter(ImageFilter.MinFilter(2 * thinner + 1))
    return big.point([min(255, max(0, (value - 90) * 4)) for value in range(256)])


def of_strokes(digit: str, side: int, dice: random.Random) -> Image.Image:
    """Returns a digit of strokes as ink, written with a pen as thin as pens are on paper."""
    form = dice.choice(sorted(FORMS[digit]))
    style = Style(size=(0.8, 0.9), slant=(0.1, 0.15), turn=(0, 5), shake=0.006)
    figure = written(FORMS[digit][form], style, dice)
    return drawn(figure, CANVAS * dice.uniform(0.03, 0.1)).resize((side, side))


def photograph(ink: Image.Image, paper: Paper, pen: str, dice: random.Random) -> bytes:
    """Returns a JPEG file of ink 'L', 255 where it is, on a page. Its side is the digit's."""
    noise = np.random.default_rng(dice.randrange(2**32))
    height, width = (length + 2 * MARGIN for length in SIZE)
    page = Image.new("RGB", (width, height), _page_colour(dice))
    if paper.lines:
        _rule(page, ink.height, paper.lines, dice)
    room_x, room_y = (SIZE[1] - ink.width) * 0.8, (SIZE[0] - ink.height) * 0.8
    left = round(width / 2 - ink.width / 2 + room_x * dice.uniform(-0.5, 0.5))
    top = round(height / 2 - ink.height / 2 + room_y * dice.uniform(-0.5, 0.5))
    layer = Image.new("L", page.size)
    layer.paste(ink, (left, top))
    if paper.mark:
        layer = ImageChops.lighter(layer, _mark(page.size, ink.width, dice))
    if paper.desk:
        _desk(page, (left, top, left + ink.width, top + ink.height), dice)
    page = _written_on(page, layer, pen, noise)
    return _taken(page, paper, dice, noise)


def _page_colour(dice: random.Random) -> Colour:
    level, warmth = dice.randint(225, 250), dice.randint(-4, 10)
    return level, level - warmth // 2, max(0, level - warmth)


def _rule(page: Image.Image, side: int, kind: str, dice: random.Random) -> None:
    """Prints lines or squares, whose distance fits a digit of this side."""
    brush, colour = ImageDraw.Draw(page), dice.choice(RULES)
    pitch = max(14, side * (dice.uniform(0.35, 0.9) if kind == "lined" else dice.uniform(0.2, 0.5)))
    thick = dice.choice((1, 2, 2, 3))
    for k in range(int(page.height / pitch) + 1):
        brush.line([(0, k * pitch), (page.width, k * pitch)], colour, thick)
    if kind == "squared":
        for k in range(int(page.width / pitch) + 1):
            brush.line([(k * pitch, 0), (k * pitch, page.height)], colour, thick)
    elif dice.random() < 0.4:  # the margin
        x = MARGIN + SIZE[1] * dice.uniform(0.03, 0.12)
        brush.line([(x, 0), (x, page.height)], (225, 130, 140), thick)


def _mark(size: tuple[int, int], side: int, dice: random.Random) -> Image.Image:
    """Returns part of another digit, cut by the picture's border."""
    layer = Image.new("L", size)
    other = of_strokes(dice.choice(sorted(FORMS)), side, dice)
    box = other.getbbox() or (0, 0, side, side)
    other = other.crop(box)
    inside = dice.uniform(0.15, 0.4)
    x = dice.choice((MARGIN - other.width * (1 - inside), MARGIN + SIZE[1] - other.width * inside))
    y = dice.uniform(MARGIN, MARGIN + SIZE[0] - other.height)
    layer.paste(other, (round(x), round(y)))
    return layer


def _desk(page: Image.Image, digit: tuple[int, int, int, int], dice: random.Random) -> None:
    """Paints the desk over one side of the page, clear of the digit."""
    left, _top, right, _bottom = digit
    colour, tilt = dice.choice(DESKS), dice.uniform(-40, 40)
    if dice.random() < 0.5:
        x = min(MARGIN + SIZE[1] * dice.uniform(0.05, 0.25), left - 30)
        corners = [(0, 0), (x + tilt, 0), (x - tilt, page.height), (0, page.height)]
    else:
        x = max(MARGIN + SIZE[1] * dice.uniform(0.75, 0.95), right + 30)
        far = page.width
        corners = [(far, 0), (x + tilt, 0), (x - tilt, page.height), (far, page.height)]
    ImageDraw.Draw(page).polygon(corners, fill=colour)


def _written_on(
    page: Image.Image, layer: Image.Image, pen: str, noise: np.random.Generator
) -> Image.Image:
    cover = np.asarray(layer, np.float32)[..., None] / 255
    if pen == "pencil":  # graphite lies on the grain of the paper
        grain = noise.uniform(0.35, 1, (layer.height // 2, layer.width // 2)).astype(np.float32)
        cover = cover * np.kron(grain, np.ones((2, 2), np.float32))[..., None]
    colour = np.array(PENS[pen], np.float32)
    pixels = np.asarray(page, np.float32)
    return Image.fromarray((pixels * (1 - 0.92 * cover) + colour * 0.92 * cover).astype(np.uint8))


def _taken(
    page: Image.Image, paper: Paper, dice: random.Random, noise: np.random.Generator
) -> bytes:
    """Returns the page as a camera takes it."""
    height, width = SIZE
    picture = page.rotate(
        dice.gauss(0, 3), Image.Resampling.BICUBIC, fillcolor=page.getpixel((9, 9))
    )
    corners = [MARGIN, MARGIN, MARGIN, MARGIN + height, MARGIN + width, MARGIN + height]
    corners += [MARGIN + width, MARGIN]
    quad = [value + dice.uniform(-0.05, 0.05) * width for value in corners]
    picture = picture.transform(
        (width, height), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC
    )
    pixels = np.asarray(picture, np.float32) * _light(paper, dice)[..., None]
    pixels *= np.array([1, dice.uniform(0.95, 1), dice.uniform(0.85, 1)], np.float32)
    taken = Image.fromarray(pixels.astype(np.uint8))
    taken = taken.filter(ImageFilter.GaussianBlur(dice.uniform(0.4, 1.3)))
    spread = dice.uniform(1.5, 6)
    pixels = np.asarray(taken, np.float32) + noise.normal(0, spread, (height, width, 1))
    pixels += noise.normal(0, spread / 2, (height, width, 3))
    file = io.BytesIO()
    finished = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    finished.save(file, "JPEG", quality=dice.randint(60, 92))
    return file.getvalue()


def _light(paper: Paper, dice: random.Random) -> np.ndarray:
    """Returns the light on each pixel, float32 SIZE: a gradient, and a shadow with a soft edge."""
    height, width = SIZE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = dice.uniform(0, 2 * np.pi)
    along = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    dark = dice.uniform(*paper.light)
    light = dark + (1 - dark) * (along - along.min()) / np.ptp(along)
    if paper.shadow:
        turn, at = dice.uniform(0, 2 * np.pi), dice.uniform(-0.25, 0.25)
        across = (x / width - 0.5) * np.cos(turn) + (y / height - 0.5) * np.sin(turn) - at
        depth, soft = dice.uniform(0.25, 0.5), dice.uniform(0.01, 0.08)
        light = light * (1 - depth / (1 + np.exp(-across / soft)))
    return light.astype(np.float32)
