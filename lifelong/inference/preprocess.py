"""Preprocessing of a picture that a person brings into the input of a run's model."""

from typing import Literal, overload

import numpy as np
from PIL import Image, ImageOps

from .. import datasets
from ..config import RunConfig
from ..errors import LifelongError
from .digits import to_digit

Shape = tuple[int, int, int]  # channels, height, width


def holds_digits(dataset: str) -> bool:
    """Returns whether pictures for this data set are drawings of a digit, not photographs."""
    return datasets.outline(dataset).kind == "digit"


@overload
def preprocess(
    image: Image.Image, dataset: str, shape: Shape, required: Literal[True]
) -> np.ndarray: ...
@overload
def preprocess(
    image: Image.Image, dataset: str, shape: Shape, required: bool = False
) -> np.ndarray | None: ...
def preprocess(
    image: Image.Image, dataset: str, shape: Shape, required: bool = False
) -> np.ndarray | None:
    """Returns the model's input, uint8: (28, 28) for digits, else of this shape.

    Of a blank drawing it is None or, where it is required, a LifelongError.
    """
    pixels = to_digit(image) if holds_digits(dataset) else to_photo(image, shape)
    if pixels is None and required:
        raise LifelongError(
            "The picture is blank: nothing stands out from its background; give one with a digit"
            " on it."
        )
    return pixels


def as_task_sees(config: RunConfig, pixels: np.ndarray, task: int | None = None) -> np.ndarray:
    """Returns a picture as a task sees it, by default the first, if the run's tasks transform it.

    pixels, result: uint8 (height, width) or (channels, height, width).
    """
    rule = datasets.outline(config.dataset).transformation
    if rule is None:
        return pixels
    import torch  # late: pages preprocess drawings without it

    from ..data.transformed import move_pixels

    height, width = pixels.shape[-2:]
    pixel_map = rule.pixel_map(height, width, task or 0, config.tasks, config.seed)
    image = torch.from_numpy(np.ascontiguousarray(pixels)).reshape(1, -1, height, width)
    return move_pixels(image, pixel_map[None]).numpy().reshape(pixels.shape)


def to_photo(image: Image.Image, shape: Shape) -> np.ndarray:
    """Returns the largest centred crop of this aspect, scaled: uint8 (channels, height, width).

    Transparent parts are white.
    """
    channels, height, width = shape
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    fitted = ImageOps.fit(
        image.convert("L" if channels == 1 else "RGB"), (width, height), Image.Resampling.BICUBIC
    )
    pixels = np.array(fitted, np.uint8)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def example_images(dataset: str, per_class: int, max_classes: int) -> np.ndarray | None:
    """Returns the first test images of each class for people to try.

    The result is uint8 (per_class, classes, channels, height, width), of `max_classes` at most;
    None where the data set is not on this machine, or has fewer images of a class.
    """
    try:
        if not datasets.is_available(dataset):
            return None
        data = datasets.load(dataset)
    except LifelongError:  # a data set that was removed or damaged since
        return None
    members = [
        (data.test_labels == label).nonzero().squeeze(1)[:per_class]
        for label in range(min(len(data.classes), max_classes))
    ]
    if any(len(indices) < per_class for indices in members):
        return None
    return np.stack([data.test_images[indices].numpy() for indices in members], 1)
