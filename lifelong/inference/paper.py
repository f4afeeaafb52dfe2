"""Ink of a digit in a photograph of paper: shadows, ruled lines and other marks are left out."""

import numpy as np
from PIL import Image, ImageFilter

from .ink_groups import main_group
from .ruled_lines import remove_lines
from .windows import over_windows

SMALLEST = 64  # pixels; a smaller picture is taken for a drawing
EXACT = 2  # levels by which a drawing's paper may vary
NEAR = 40  # levels within which a pixel of the border is rather paper than ink
CROSSED = 18  # changes between paper and ink along a drawing's border; ruled paper has more
BLOCK = 4  # pixels: the paper's brightness is estimated on blocks
WIDEST = 11  # blocks on either side within which a stroke leaves some paper
FAINTEST = 0.06  # darkness of a mark, as a share of the paper's light


def border(values: np.ndarray) -> np.ndarray:
    """Returns the outermost pixels of a picture, all the way round."""
    return np.concatenate([values[0], values[:, -1], values[-1, ::-1], values[::-1, 0]])


def is_photograph(values: np.ndarray) -> bool:
    """Returns whether a picture uint8 (height, width) has paper with shades, noise or lines.

    The paper of a drawing has one colour exactly, but where a line reaches the border.
    """
    if min(values.shape) < SMALLEST:
        return False
    around = border(values).astype(np.int16)
    off = np.abs(around - int(np.median(around)))
    shaded = np.count_nonzero((off > EXACT) & (off <= NEAR)) > 0.2 * off.size
    marked = off > EXACT
    return bool(shaded) or int(np.count_nonzero(marked[1:] != marked[:-1])) > CROSSED


def ink(image: Image.Image) -> np.ndarray | None:
    """Returns the ink of the digit in a photograph 'RGB', uint8; None where there is none."""
    dark, noise = _darkness(image)
    for each in (dark, dark.T):  # a view: lines of both directions are taken from one array
        remove_lines(each)
    faintest = max(FAINTEST, 4 * noise)
    clear = dark[dark > faintest]
    if clear.size < 6:
        return None
    mask = dark > max(faintest, 0.4 * float(np.percentile(clear, 90)))
    chosen = main_group(mask, dark)
    if chosen is None:
        return None
    near = np.asarray(
        Image.fromarray(chosen.astype(np.uint8)).filter(ImageFilter.MaxFilter(5)), bool
    )
    darkest = float(np.percentile(dark[chosen], 80))
    found = np.where(near, dark / darkest, 0)
    found[found < 0.25] = 0
    return (found.clip(0, 1) * 255).astype(np.uint8)


def _darkness(image: Image.Image) -> tuple[np.ndarray, float]:
    """Returns how much darker than its paper each pixel is, float32 in [0, 1], and the noise."""
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), np.float32) + 1
    if _is_bright_ink(image):
        pixels = 257 - pixels
    dark = 1 - pixels / _paper(pixels)
    # The two channels that the ink darkens most: coloured ink leaves one as bright as paper.
    both = (dark.sum(2) - dark.min(2)) / 2
    noise = 1.48 * float(np.median(np.abs(both - np.median(both))))
    return both.clip(0, 1), noise


def _is_bright_ink(image: Image.Image) -> bool:
    """Returns whether what stands out from its surroundings is brighter than they are."""
    gray = image.convert("L")
    around = gray.filter(ImageFilter.BoxBlur(max(gray.size) // 12))
    off = np.asarray(gray, np.float32) - np.asarray(around, np.float32)
    return float((off**3).mean()) > 0


def _paper(pixels: np.ndarray) -> np.ndarray:
    """Returns the paper's light at each pixel of float32 (height, width, 3): without ink.

    The brightest block within reach of a stroke, where that is not beyond an edge (a closing).
    """
    height, width, _ = pixels.shape
    down, across = -(-height // BLOCK), -(-width // BLOCK)
    padded = np.pad(
        pixels, ((0, down * BLOCK - height), (0, across * BLOCK - width), (0, 0)), "edge"
    )
    blocks = padded.reshape(down, BLOCK, across, BLOCK, 3).mean((1, 3))
    light = _windows(_windows(blocks, np.maximum), np.minimum)
    channels = [
        np.asarray(
            Image.fromarray(light[..., k]).resize(
                (across * BLOCK, down * BLOCK), Image.Resampling.BILINEAR
            )
        )[:height, :width]
        for k in range(3)
    ]
    return np.stack(channels, 2)


def _windows(blocks: np.ndarray, choose: np.ufunc) -> np.ndarray:
    """Returns maxima or minima of windows of blocks, as many as there were."""
    for axis in (0, 1):
        ends = [(WIDEST, WIDEST) if k == axis else (0, 0) for k in range(3)]
        values = np.moveaxis(np.pad(blocks, ends, "edge"), axis, 0)
        blocks = np.moveaxis(over_windows(values, 2 * WIDEST + 1, choose), 0, axis)
    return blocks
