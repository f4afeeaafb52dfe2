"""Preprocessing of drawings and photographs of a digit into the format of MNIST.

An MNIST digit is white ink on black paper, scaled into 20 x 20 with its aspect kept and placed
with its centre of mass at (14, 14) of 28 x 28 (LeCun et al. 1998; true of every training image to
half a pixel). A drawing that is merely off-centre or small would look forgotten to a network
trained on those, so the same is done to it.
"""

import numpy as np
from PIL import Image, ImageFilter

from ..data.image_files import MAX_SIDE

FAINT = 0.12  # share of the darkest ink below which a pixel is paper
EDGE = 0.3  # share of the darkest ink from which a pixel counts for the size of the digit
# Width of a stroke in a digit of 20 pixels; most of MNIST's training images lie between.
STROKES = (1.8, 3.2)


def to_digit(image: Image.Image) -> np.ndarray | None:
    """Returns the digit in a picture, uint8 (28, 28), ink 255 on paper 0; None if it is blank.

    Either polarity of ink, any size and mode; transparency counts as paper.
    """
    ink = _ink(image)
    return None if ink is None else _centred(_fitted(_cropped(_with_usual_strokes(ink))))


def _ink(image: Image.Image) -> np.ndarray | None:
    """Returns the ink of each pixel, float32 in [0, 1]; None where nothing stands out."""
    gray = _on_paper(image)
    scale = MAX_SIDE / max(gray.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in gray.size)
        gray = gray.resize((width, height), Image.Resampling.BOX)
    values = np.asarray(gray, np.float32)
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    paper = float(np.median(edge))
    # Ink is whatever lies farther from the paper on the side where there is more room for it.
    ink = np.clip(paper - values if paper > 127 else values - paper, 0, None)
    darkest = float(ink.max())
    if darkest < 24:
        return None
    ink /= darkest
    ink[ink <= FAINT] = 0
    return ink


def _on_paper(image: Image.Image) -> Image.Image:
    """Returns the picture in grey, transparent parts filled with the paper."""
    if not image.has_transparency_data:
        return image.convert("L")
    pixels = np.asarray(image.convert("RGBA").convert("LA"), np.float32)
    gray, alpha = pixels[..., 0], pixels[..., 1] / 255
    if alpha.min() > 0.99:
        return Image.fromarray(gray.astype(np.uint8))
    mean_ink = float((gray * alpha).sum() / max(alpha.sum(), 1))
    paper = 255.0 if mean_ink < 128 else 0.0
    return Image.fromarray((gray * alpha + paper * (1 - alpha)).astype(np.uint8))


def _cropped(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(ink > EDGE)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _with_usual_strokes(ink: np.ndarray) -> np.ndarray:
    """Returns the ink with strokes brought to the nearest width that is usual in MNIST."""
    digit = _cropped(ink)
    size = max(digit.shape) / 20
    width = _stroke_width(digit) / size
    change = round((np.clip(width, *STROKES) - width) * size / 2)
    if change == 0:
        return ink
    around = np.pad(ink, max(change, 0))
    spread = ImageFilter.MaxFilter if change > 0 else ImageFilter.MinFilter
    picture = Image.fromarray((around * 255).astype(np.uint8)).filter(spread(2 * abs(change) + 1))
    changed = np.asarray(picture, np.float32) / 255
    return changed if changed.max() > EDGE else ink


def _stroke_width(digit: np.ndarray) -> float:
    """Returns the mean width of strokes in pixels: twice the area over the length of the outline.

    The length is by Crofton's formula for two directions.
    """
    mask = np.pad(digit > 0.5, 1)
    crossings = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(
        mask[:, 1:] != mask[:, :-1]
    )
    return 2 * np.count_nonzero(mask) / (crossings * np.pi / 4) if crossings else 1.0


def _fitted(ink: np.ndarray) -> Image.Image:
    height, width = ink.shape
    scale = 20 / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray((ink * 255).astype(np.uint8))
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
