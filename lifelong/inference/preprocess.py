"""A picture that a person brings, made into what a run's model takes."""

import numpy as np
from PIL import Image, ImageOps

from .. import datasets
from ..errors import LifelongError
from .digits import require_digit, to_digit


def holds_digits(dataset: str) -> bool:
    """Whether a picture for this data set is looked at as a drawing of a digit, and not as a photograph."""
    return datasets.outline(dataset).kind == "digit"


def seen(image: Image.Image, dataset: str, shape: tuple[int, int, int]) -> np.ndarray | None:
    """The picture as the network takes it, uint8: (28, 28) for digits, else `shape`; None for a blank drawing."""
    return to_digit(image) if holds_digits(dataset) else to_photo(image, shape)


def needed(image: Image.Image, dataset: str, shape: tuple[int, int, int]) -> np.ndarray:
    """As `seen`, for who cannot do without one: a blank drawing is a LifelongError."""
    return require_digit(image) if holds_digits(dataset) else to_photo(image, shape)


def to_photo(image: Image.Image, shape: tuple[int, int, int]) -> np.ndarray:
    """The largest middle part of the picture in this aspect, scaled: uint8 (channels, height, width); transparency is white."""
    channels, height, width = shape
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    fitted = ImageOps.fit(
        image.convert("L" if channels == 1 else "RGB"), (width, height), Image.Resampling.BICUBIC
    )
    pixels = np.asarray(fitted, np.uint8)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def examples(dataset: str, turns: int, most: int) -> np.ndarray | None:
    """The first test images of each class, uint8 (turns, classes, channels, height, width), of `most` classes at most.

    None where the data set is not on this machine, or has not as many images of a class.
    """
    try:
        if not datasets.is_available(dataset):
            return None
        data = datasets.load(dataset)
    except LifelongError:  # a data set that was removed or damaged since
        return None
    places = [
        (data.test_labels == label).nonzero().squeeze(1)[:turns]
        for label in range(min(len(data.classes), most))
    ]
    if any(len(place) < turns for place in places):
        return None
    return np.stack([data.test_images[place].numpy() for place in places], 1)
