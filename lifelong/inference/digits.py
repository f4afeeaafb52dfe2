"""Preprocessing of drawings and photographs of a digit into the format of MNIST.

An MNIST digit is white ink on black paper, scaled into 20 x 20 with its aspect kept and placed
with its centre of mass at (14, 14) of 28 x 28 (LeCun et al. 1998; true of every training image to
half a pixel). A drawing that is merely off-centre or small would look forgotten to a network
trained on those, so the same is done to it. A photograph's ink is first told from its paper by
`lifelong.inference.paper`.
"""

import numpy as np
from PIL import Image

from ..data.image_files import MAX_SIDE
from . import paper
from .windows import over_windows

FAINT = 0.12  # share of the darkest ink below which a pixel is paper
EDGE = round(0.3 * 255)  # ink from which a pixel counts for the size of the digit
DARKEST = 24  # levels between paper and ink; with fewer a picture is blank
# Width of a stroke in a digit of 20 pixels; most of MNIST's training images lie between.
STROKES = (1.8, 3.2)


def to_digit(image: Image.Image) -> np.ndarray | None:
    """Returns the digit in a picture, uint8 (28, 28), ink 255 on paper 0; None if it is blank.

    Either polarity of ink, any size and mode; transparency counts as paper.
    """
    gray = _reduced(_on_paper(image))
    values = np.asarray(gray, np.uint8)
    photograph = paper.is_photograph(values)
    ink = paper.ink(_reduced(image.convert("RGB"))) if photograph else _ink(values)
    if ink is None:
        return None
    return _centred(_fitted(_cropped(_with_usual_strokes(_cropped(ink)))))


def _reduced(image: Image.Image) -> Image.Image:
    """Returns a picture of at most MAX_SIDE pixels a side."""
    scale = MAX_SIDE / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BOX)


def _ink(values: np.ndarray) -> np.ndarray | None:
    """Returns the ink of each pixel, uint8; None where nothing stands out."""
    ground = float(np.median(paper.border(values)))
    # Ink is whatever lies farther from the paper on the side where there is more room for it.
    levels = np.arange(256, dtype=np.float32)
    ink = np.clip(ground - levels if ground > 127 else levels - ground, 0, None)
    darkest = float(ink[values.min() if ground > 127 else values.max()])
    if darkest < DARKEST:
        return None
    ink /= darkest
    ink[ink <= FAINT] = 0
    return (ink * 255).clip(0, 255).astype(np.uint8)[values]


def _on_paper(image: Image.Image) -> Image.Image:
    """Returns the picture in grey, transparent parts filled with the paper."""
    if not image.has_transparency_data:
        return image.convert("L")
    image = image.convert("RGBA")
    if np.asarray(image.getchannel("A")).min() > 0.99 * 255:
        return image.convert("L")
    pixels = np.asarray(image.convert("LA"), np.float32)
    gray, alpha = pixels[..., 0], pixels[..., 1] / 255
    mean_ink = float((gray * alpha).sum() / max(alpha.sum(), 1))
    ground = 255.0 if mean_ink < 128 else 0.0
    return Image.fromarray((gray * alpha + ground * (1 - alpha)).astype(np.uint8))


def _cropped(ink: np.ndarray) -> np.ndarray:
    inside = ink > EDGE
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _with_usual_strokes(digit: np.ndarray) -> np.ndarray:
    """Returns the ink with strokes brought to the nearest width that is usual in MNIST."""
    size = max(digit.shape) / 20
    width = _stroke_width(digit) / size
    change = round((np.clip(width, *STROKES) - width) * size / 2)
    if change == 0:
        return digit
    changed = thickened(digit, change) if change > 0 else thinned(digit, -change)
    return changed if changed.max() > EDGE else digit


def thickened(ink: np.ndarray, reach: int) -> np.ndarray:
    """Returns the largest value within `reach` pixels each way, `reach` larger on every side."""
    return _over_squares(np.pad(ink, 2 * reach), reach, np.maximum)


def thinned(ink: np.ndarray, reach: int) -> np.ndarray:
    """Returns the smallest value within `reach` pixels each way; there is no ink outside."""
    return _over_squares(np.pad(ink, reach), reach, np.minimum)


def _over_squares(values: np.ndarray, reach: int, choose: np.ufunc) -> np.ndarray:
    """Returns maxima or minima of squares."""
    for _axis in range(2):
        values = over_windows(values, 2 * reach + 1, choose).T
    return values


def _stroke_width(digit: np.ndarray) -> float:
    """Returns the mean width of strokes in pixels: twice the area over the length of the outline.

    The length is by Crofton's formula for two directions.
    """
    mask = np.pad(digit > 127, 1)
    crossings = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(
        mask[:, 1:] != mask[:, :-1]
    )
    return 2 * np.count_nonzero(mask) / (crossings * np.pi / 4) if crossings else 1.0


def _fitted(ink: np.ndarray) -> Image.Image:
    height, width = ink.shape
    scale = 20 / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(ink)
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _centred(digit: Image.Image) -> np.ndarray:
    values = np.asarray(digit, np.float32)
    height, width = values.shape
    mass = values.sum()
    y = (values.sum(1) @ np.arange(height)) / mass
    x = (values.sum(0) @ np.arange(width)) / mass
    top = int(np.clip(round(14 - y), 0, 28 - height))
    left = int(np.clip(round(14 - x), 0, 28 - width))
    placed = np.zeros((28, 28), np.uint8)
    placed[top : top + height, left : left + width] = values
    return placed
