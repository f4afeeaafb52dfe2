"""Checks arrays that people give, and turns them into the images and labels of a data set."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import LifelongError

Range = tuple[float, float]  # the values that the bytes 0 and 255 stand for
COLOURS = (1, 3)  # channels of a picture, by which the layout of an array is recognised
NUMERIC = "buif"  # kinds of numpy's dtypes: bool, unsigned, int, float


def as_images(given: Any, what: str = "X") -> np.ndarray:
    """Returns images as an array (n, channels, height, width) of the given type.

    given: array or tensor (n, values), (n, height, width), (n, height, width, 1 or 3) or (n,
    channels, height, width). Rows of values become images of one line. Raises LifelongError for
    what is no such array, or holds a value that is not finite.
    """
    array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    if array.dtype.kind not in NUMERIC or not 2 <= array.ndim <= 4:
        raise LifelongError(
            f"{what} was given with shape {array.shape} and type {array.dtype}; expected numbers"
            " of shape (n, values), (n, height, width) or (n, channels, height, width)."
        )
    if 0 in array.shape:
        raise LifelongError(f"{what} was given with shape {array.shape}, without an image in it.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise LifelongError(f"{what} holds values that are not finite; replace or remove them.")
    if array.ndim == 2:
        return array[:, None, None, :]
    if array.ndim == 3:
        return array[:, None]
    if array.shape[1] not in COLOURS and array.shape[3] in COLOURS:
        return array.transpose(0, 3, 1, 2)
    return array


def range_of(images: np.ndarray) -> Range:
    """Returns the range of values that suits training images: that of their type or their own.

    >>> range_of(np.zeros(3, np.uint8)), range_of(np.array([0.0, 0.5])), range_of(np.arange(17))
    ((0.0, 255.0), (0.0, 1.0), (0.0, 16.0))
    """
    if images.dtype == np.uint8:
        return 0.0, 255.0
    low, high = float(images.min()), float(images.max())
    if low >= 0 and high <= 1 and images.dtype.kind != "i":
        return 0.0, 1.0
    return low, high if high > low else low + 1


def as_bytes(images: np.ndarray, values: Range) -> Tensor:
    """Returns images in 256 levels between the ends of a range: uint8 (n, channels, height, width).

    Values outside are moved to its ends.
    """
    low, high = values
    if images.dtype == np.uint8 and values == (0.0, 255.0):
        return torch.from_numpy(np.ascontiguousarray(images))
    scaled = (images.astype(np.float64) - low) * (255 / (high - low))
    return torch.from_numpy(scaled.round().clip(0, 255).astype(np.uint8))


def as_labels(given: Any, images: int, what: str = "y") -> np.ndarray:
    """Returns labels as an array (n,) of whole numbers or strings.

    Raises LifelongError for another shape or type, and where their number is not that of the
    images.
    """
    array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    if array.ndim != 1 or len(array) != images:
        raise LifelongError(
            f"{what} was given with shape {array.shape}; expected one label for each of the"
            f" {images:,} images."
        )
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == array.round()).all():
        array = array.astype(np.int64)
    if array.dtype.kind == "O":
        array = array.astype(str)
    if array.dtype.kind not in "buiU":
        raise LifelongError(
            f"{what} was given with type {array.dtype}; expected whole numbers or names of classes."
        )
    return array


def numbered(labels: np.ndarray, classes: np.ndarray, what: str = "y") -> Tensor:
    """Returns the position of each label among the sorted classes, int64 (n,).

    Raises LifelongError for a label that is not among them.
    """
    positions = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    unknown = labels[classes[positions] != labels]
    if len(unknown):
        raise LifelongError(
            f"{what} holds the label '{unknown[0]}', which is not among the {len(classes)} classes"
            " of the training images."
        )
    return torch.from_numpy(positions.astype(np.int64))
