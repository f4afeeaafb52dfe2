"""Laws of the ink of a digit in a photograph of paper."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks import strokes
from benchmarks.drawn_digits import drawings
from benchmarks.photographs import PAPERS, PENS, of_strokes, photograph
from lifelong.inference import paper
from lifelong.inference.digits import thickened, thinned, to_digit
from lifelong.inference.ink_groups import labelled
from lifelong.inference.recogniser import probabilities


def written(shade: int = 0, lines: bool = False, mark: bool = False, grain: int = 3) -> Image.Image:
    """Returns a 7 on a page that is lit unevenly, 400 x 300, with the grain of a camera."""
    page = Image.new("L", (300, 400), 235)
    brush = ImageDraw.Draw(page)
    if lines:
        for row in range(15, 400, 30):
            brush.line([(0, row), (300, row + 9)], 175, 2)
    if mark:
        brush.line([(0, 60), (25, 90)], 50, 9)
    brush.line([(90, 120), (190, 120), (130, 290)], 50, 12, joint="curve")
    light = 1 - np.linspace(0, shade / 100, 300)
    pixels = np.asarray(page, np.float32) * light
    pixels += np.random.default_rng(0).normal(0, grain, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert("RGB")


def difference(a: Image.Image, b: Image.Image) -> float:
    """Returns the mean difference of two digits in levels of 255; two classes differ by 30."""
    return float(np.abs(to_digit(a).astype(int) - to_digit(b)).mean())


CLEAN = Image.new("L", (300, 400), 255)
ImageDraw.Draw(CLEAN).line([(90, 120), (190, 120), (130, 290)], 0, 12, joint="curve")


@pytest.mark.parametrize(
    "page",
    [
        written(),
        written(shade=60),
        written(lines=True),
        written(mark=True),
        written(60, True, True, 5),
        written(lines=True).transpose(Image.Transpose.ROTATE_90).rotate(-90, expand=True),
    ],
    ids=["plain", "shade", "lines", "mark", "all", "turned twice"],
)
def test_a_digit_on_paper_is_the_digit_that_was_written(page):
    assert difference(page, CLEAN) < 5


def test_chalk_on_a_board_is_ink_too():
    board = Image.fromarray(255 - np.asarray(written(shade=40)))
    assert difference(board, CLEAN) < 5


@pytest.mark.parametrize("kind", PAPERS)
def test_photographs_of_every_paper_and_pen_are_read(kind):
    dice, right = random.Random(4), 0
    for pen in PENS:
        digit = str(dice.randrange(10))
        file = photograph(of_strokes(digit, 300, dice), PAPERS[kind], pen, dice)
        found = to_digit(Image.open(io.BytesIO(file)))
        right += int(probabilities(found[None])[0].argmax()) == int(digit)
    assert right >= 3


def test_a_page_without_a_digit_is_blank():
    grain = np.random.default_rng(1).normal(0, 3, (400, 300, 1))
    page = np.linspace(230, 120, 300)[None, :, None] + grain
    assert to_digit(Image.fromarray(np.repeat(page, 3, 2).clip(0, 255).astype(np.uint8))) is None


def test_what_is_drawn_on_the_pad_is_no_photograph():
    """Digits in every style, scribbles and lines that run over the border, in both polarities."""
    dice = random.Random(3)
    pictures = [picture for *_, picture in list(drawings())[::40]]
    pictures += [strokes.no_digit(kind, dice) for kind in strokes.NO_DIGITS for _ in range(20)]
    crossing = Image.new("L", (280, 280))
    ImageDraw.Draw(crossing).line([(0, 50), (279, 90), (279, 200), (60, 279), (0, 180)], 255, 22)
    for values in map(np.asarray, [*pictures, crossing]):
        assert not paper.is_photograph(values) and not paper.is_photograph(255 - values)


def test_strokes_are_widened_and_narrowed_by_the_largest_and_smallest_of_a_square():
    ink = np.random.default_rng(2).integers(0, 256, (13, 17), np.uint8)
    for reach in (1, 2, 5):
        wide, narrow = thickened(ink, reach), thinned(ink, reach)
        around = np.pad(ink, 2 * reach)
        for row, column in ((0, 0), (7, 3), (12 + 2 * reach, 16 + 2 * reach)):
            window = around[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
            assert wide[row, column] == window.max()
        around = np.pad(ink, reach)
        for row, column in ((0, 0), (6, 9), (12, 16)):
            window = around[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
            assert narrow[row, column] == window.min()
        assert wide.shape == (13 + 2 * reach, 17 + 2 * reach) and narrow.shape == ink.shape


@pytest.mark.parametrize("seed", range(3))
def test_groups_of_pixels_are_numbered_as_they_connect(seed):
    mask = np.random.default_rng(seed).random((40, 50)) < 0.35
    labels = labelled(mask)
    assert ((labels > 0) == mask).all()
    rows, columns = np.nonzero(mask)
    groups = {}
    for start in zip(rows.tolist(), columns.tolist()):
        if start in groups:
            continue
        waiting, number = [start], len(groups) + 1
        while waiting:
            row, column = waiting.pop()
            inside = 0 <= row < 40 and 0 <= column < 50 and mask[row, column]
            if inside and (row, column) not in groups:
                groups[row, column] = number
                waiting += [(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    pairs = {(number, labels[at]) for at, number in groups.items()}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
