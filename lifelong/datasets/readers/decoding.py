"""Pictures in files, whatever they are, made into one array of equal shape."""

import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from struct import error as StructError
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from ...data.image_files import FORMATS, MAX_PIXELS
from ...errors import LifelongError

AS_IS = 224  # pixels; pictures of one size up to this stay as they are
SQUARE = 96  # pixels; the side of others at most
GREY = frozenset({"1", "L", "LA", "I;16", "I;16B", "I;16L", "I;16N"})
COLOUR = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV"})
KINDS = GREY | COLOUR
TURNED = range(5, 9)  # orientations of EXIF that swap width and height


@dataclass(frozen=True)
class Split:
    """The training or the test images. labels (n,); files: all that they are read from; pictures: anew at each call, what
    each is called and its open file."""

    labels: np.ndarray
    files: tuple[Path, ...]
    pictures: Callable[[], Iterator[tuple[str, BinaryIO]]]


@dataclass(frozen=True)
class TargetShape:
    """shape: channels, height, width of the array; cropped: whether pictures are brought to it, or must have this size."""

    shape: tuple[int, int, int]
    cropped: bool = False


@contextmanager
def _quietly():
    """Pillow warns of what is odd in a file; here it either can be read, or a sentence says why it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@_quietly()
def target_shape(train: Split, test: Split) -> TargetShape:
    """The shape that suits all these pictures: one channel if all are grey, else three.

    Of one size up to AS_IS they stay as they are. Else each is to be resized until its shorter side is the median of the
    training images' shorter sides, at most SQUARE, and cropped to the square in its middle.
    """
    measured = [
        [_measured(where, file) for where, file in _told(part, "Measuring")]
        for part in (train, test)
    ]
    sizes = {size for part in measured for size, _ in part}
    channels = 1 if all(grey for part in measured for _, grey in part) else 3
    width, height = next(iter(sizes))
    if len(sizes) == 1 and max(width, height) <= AS_IS:
        return TargetShape((channels, height, width))
    side = min(median_low(min(size) for size, _ in measured[0]), SQUARE)
    return TargetShape((channels, side, side), cropped=True)


@_quietly()
def read(part: Split, how: TargetShape) -> tuple[np.ndarray, set[str]]:
    """The pictures as uint8 (n, channels, height, width), and the formats that they were in.

    Raises LifelongError with the name of the one that is no picture, is damaged, or does not fit.
    """
    images, formats = np.empty((len(part.labels), *how.shape), np.uint8), set()
    for place, (where, file) in zip(images, _told(part, "Reading")):
        with _reading(where):
            image = _opened(where, file)
            formats.add(image.format)
            _put(where, image, place, how.cropped)
    return images, formats


def _told(part: Split, doing: str) -> Iterator[tuple[str, BinaryIO]]:
    """The pictures, with a progress bar on standard error where they take longer than a second."""
    return tqdm(
        part.pictures(),
        total=len(part.labels),
        desc=doing,
        unit="image",
        delay=1,
        leave=False,
        file=sys.stderr,
    )


@contextmanager
def _reading(where: str):
    try:
        yield
    except UnidentifiedImageError:
        raise LifelongError(
            f"{where} is not a picture that can be read; expected one of {', '.join(FORMATS)}."
        ) from None
    except Image.DecompressionBombError:
        raise LifelongError(
            f"{where} has far too many pixels; give one of at most {MAX_PIXELS // 1_000_000} million."
        ) from None
    except LifelongError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, StructError, zlib.error):
        raise LifelongError(
            f"{where} is damaged or only half there; save it again, or take it away."
        ) from None


def _opened(where: str, file: BinaryIO) -> Image.Image:
    """The picture before it is decoded, once its size and kind are known to be sane."""
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise LifelongError(
            f"{where} has {image.width} x {image.height} pixels; give one of at most {MAX_PIXELS // 1_000_000} million."
        )
    if image.mode not in KINDS:
        raise LifelongError(
            f"{where} has pixels of the kind {image.mode}; save it as 8-bit grey or RGB."
        )
    return image


def _measured(where: str, file: BinaryIO) -> tuple[tuple[int, int], bool]:
    """Width and height as it is to be looked at, and whether it is grey."""
    with _reading(where):
        image = _opened(where, file)
        width, height = image.size
        # Square ones need not be asked: to find out, Pillow decodes a whole PNG. Of a TIFF it tells the size turned already.
        turned = (
            width != height and image.format != "TIFF" and image.getexif().get(0x0112) in TURNED
        )
        return (height, width) if turned else (width, height), image.mode in GREY


def _put(where: str, image: Image.Image, place: np.ndarray, cropped: bool) -> None:
    """Decodes a picture into its place, uint8 (channels, height, width)."""
    channels, height, width = place.shape
    if cropped:
        image.draft(
            image.mode, (2 * width, 2 * height)
        )  # lets JPEG decode at a fraction of its size
    ImageOps.exif_transpose(image, in_place=True)
    image = _plain(image, "L" if channels == 1 else "RGB")
    if cropped:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.resize(
            (width, height), Image.Resampling.BICUBIC, (left, top, left + side, top + side)
        )
    elif image.size != (width, height):
        raise LifelongError(
            f"{where} is {image.width} x {image.height} pixels; expected {width} x {height} like all others."
        )
    pixels = np.asarray(image)
    place[:] = pixels if channels == 1 else pixels.transpose(2, 0, 1)


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """The picture in 8-bit grey or RGB; transparency is left out, as torchvision's ImageFolder does."""
    if image.mode.startswith("I;16"):  # Pillow would cut off at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image if image.mode == mode else image.convert(mode)
