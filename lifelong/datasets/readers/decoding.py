"""Decodes image files of any format and size into one array per split."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median_low
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ...data.image_files import BROKEN, FORMATS, MAX_PIXELS
from ...errors import LifelongError
from ...storage.progress import Progress, Steps

AS_IS = 224  # pixels; pictures of one size up to this stay as they are
SQUARE = 96  # pixels; the side of others at most
PORTION = 100  # images between two reports of progress
GREY = frozenset({"1", "L", "LA", "I;16", "I;16B", "I;16L", "I;16N"})
COLOUR = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV"})
KINDS = GREY | COLOUR
TURNED = range(5, 9)  # orientations of EXIF that swap width and height

Size = tuple[int, int]  # width, height
Images = tuple[np.ndarray, set[str]]  # uint8 (n, channels, height, width), and their file formats


@dataclass(frozen=True)
class Split:
    """Training or test images of a data set, before they are decoded.

    labels: (n,). files: all files that the images are read from. pictures: yields the name and the
    open file of each image, from the first one on at every call.
    """

    labels: np.ndarray
    files: tuple[Path, ...]
    pictures: Callable[[], Iterator[tuple[str, BinaryIO]]]


@dataclass(frozen=True)
class TargetShape:
    """Shape (channels, height, width) of the array; cropped: whether images are brought to it."""

    shape: tuple[int, int, int]
    cropped: bool = False


def target_shape(train: Split, test: Split, progress: Progress) -> Steps[TargetShape]:
    """Returns the shape for all these images: one channel if all are grey, else three.

    Images of one size up to AS_IS stay as they are. Else each is to be resized until its shorter
    side is the median of the training images' shorter sides, at most SQUARE, and cropped to the
    square in its middle.
    """
    train_sizes: list[Size] = []
    test_sizes: list[Size] = []
    all_grey = True
    for split, sizes in ((train, train_sizes), (test, test_sizes)):
        for portion in _portions(split):
            before = len(sizes)
            with _without_warnings():
                for where, file in portion:
                    size, grey = _measured(where, file)
                    sizes.append(size)
                    all_grey = all_grey and grey
            yield from progress.add(len(sizes) - before)
    return common_shape(train_sizes, test_sizes, all_grey)


def common_shape(
    train_sizes: Sequence[Size], test_sizes: Sequence[Size], all_grey: bool
) -> TargetShape:
    """Returns the shape for images of these sizes, see `target_shape`."""
    channels = 1 if all_grey else 3
    width, height = train_sizes[0]
    if len({*train_sizes, *test_sizes}) == 1 and max(width, height) <= AS_IS:
        return TargetShape((channels, height, width))
    side = min(median_low(min(size) for size in train_sizes), SQUARE)
    return TargetShape((channels, side, side), cropped=True)


@dataclass(frozen=True)
class Examined:
    """Facts about a picture: size once turned as EXIF asks, whether it is grey, file format."""

    size: Size
    grey: bool
    format: str


def examine(where: str, file: BinaryIO) -> Examined:
    """Returns the facts about a picture that can be read as a whole.

    Raises LifelongError, which names it, for one that cannot.
    """
    with _without_warnings():
        size, grey = _measured(where, file)
        file.seek(0)
        with _reading(where):
            image = _opened(where, file)
            image.load()
    return Examined(size, grey, image.format or "")


def read(split: Split, target: TargetShape, progress: Progress) -> Steps[Images]:
    """Reads the images as uint8 (n, channels, height, width); also returns their file formats.

    Raises LifelongError with the name of the one that is no image, is damaged, or does not fit.
    """
    images = np.empty((len(split.labels), *target.shape), np.uint8)
    formats: set[str] = set()
    for outputs, portion in zip(_chunks(images), _portions(split)):
        with _without_warnings():
            for out, (where, file) in zip(outputs, portion):
                with _reading(where):
                    image = _opened(where, file)
                    formats.add(image.format or "")
                    _decode_into(where, image, out, target.cropped)
        yield from progress.add(len(outputs))
    return images, formats


def _portions(split: Split) -> Iterator[Iterator[tuple[str, BinaryIO]]]:
    """Yields the images in portions of PORTION; each must be used up before the next."""
    pictures = split.pictures()
    for _start in range(0, len(split.labels), PORTION):
        yield islice(pictures, PORTION)


def _chunks(images: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(images), PORTION):
        yield images[start : start + PORTION]


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Silences Pillow about odd files: they can be read, or a LifelongError says why not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Turns whatever Pillow raises into a LifelongError that names the image."""
    try:
        yield
    except UnidentifiedImageError:
        raise LifelongError(
            f"{where} is not a picture that can be read; expected one of {', '.join(FORMATS)}."
        ) from None
    except Image.DecompressionBombError:
        raise LifelongError(
            f"{where} has far too many pixels; "
            f"give one of at most {MAX_PIXELS // 1_000_000} million."
        ) from None
    except LifelongError:
        raise
    except BROKEN:
        raise LifelongError(
            f"{where} is damaged or only half there; save it again, or take it away."
        ) from None


def _opened(where: str, file: BinaryIO) -> Image.Image:
    """Opens an image without decoding it. Raises LifelongError for a bad size or kind of pixels."""
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise LifelongError(
            f"{where} has {image.width} x {image.height} pixels; "
            f"give one of at most {MAX_PIXELS // 1_000_000} million."
        )
    if image.mode not in KINDS:
        raise LifelongError(
            f"{where} has pixels of the kind {image.mode}; save it as 8-bit grey or RGB."
        )
    return image


def _measured(where: str, file: BinaryIO) -> tuple[Size, bool]:
    """Returns width and height, once turned as EXIF asks, and whether the image is grey."""
    with _reading(where):
        image = _opened(where, file)
        width, height = image.size
        # Squares need no look at EXIF, for which Pillow decodes a whole PNG. The size of a TIFF is
        # the turned one already.
        turned = (
            width != height and image.format != "TIFF" and image.getexif().get(0x0112) in TURNED
        )
        return (height, width) if turned else (width, height), image.mode in GREY


def _decode_into(where: str, image: Image.Image, out: np.ndarray, cropped: bool) -> None:
    """Decodes an image into an array uint8 (channels, height, width)."""
    channels, height, width = out.shape
    if cropped:
        # Lets JPEG decode at a fraction of its size.
        image.draft(image.mode, (2 * width, 2 * height))
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
            f"{where} is {image.width} x {image.height} pixels; "
            f"expected {width} x {height} like all others."
        )
    pixels = np.asarray(image)
    out[:] = pixels if channels == 1 else pixels.transpose(2, 0, 1)


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """Converts to 8-bit grey or RGB; ignores transparency, as torchvision's ImageFolder does."""
    if image.mode.startswith("I;16"):  # Pillow would cut off at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image if image.mode == mode else image.convert(mode)
