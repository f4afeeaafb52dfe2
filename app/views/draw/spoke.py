"""Pictures of the pixels that spoke for a class: painted over what the network saw."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from app.shared.data_urls import data_url
from app.views.draw.facts import RunFacts
from app.views.draw.values import Answered, Value
from app.views.draw.words import spoke
from lifelong import api
from lifelong.api import LifelongError

if TYPE_CHECKING:
    from lifelong.api import Contributions

# Of pixels for the class, and of those against it: they differ in brightness, too.
FOR, AGAINST = np.array([94, 234, 212]), np.array([240, 90, 40])
DIM = 0.3  # of the picture where nothing was said
SOFTER = 0.6  # exponent: small contributions stay visible


def values_of(answered: Answered) -> Value | None:
    """Returns the value of the part with these pictures, HTML-escaped; None without a class."""
    run, name, pixels = answered.run, answered.truth.name, answered.pixels
    if name is None or pixels is None:
        return None
    try:
        found = api.contributions(run.run, pixels, name, answered.task)
    except LifelongError as error:
        return {"lead": escape(str(error)), "note": "", "maps": []}
    if not any(found):
        return {"lead": escape(spoke.NO_GRADIENT), "note": "", "maps": []}
    maps = [
        {"heading": escape(spoke.heading(run, after))}
        | (_map(run, name, pixels, after, each) if each else _no_map(run, name, after))
        for after, each in enumerate(found)
    ]
    return {"lead": escape(spoke.lead(name)), "note": escape(spoke.NOTE), "maps": maps}


def _map(
    run: RunFacts, name: str, pixels: np.ndarray, after: int, found: "Contributions"
) -> dict[str, str]:
    words = spoke.caption(name, found.rival, share_for(found.values))
    image = data_url(api.png(painted(pixels, found.values)))
    alt = spoke.description(run, after, words)
    return {"image": image, "alt": escape(alt), "caption": escape(words)}


def _no_map(run: RunFacts, name: str, after: int) -> dict[str, str]:
    return {"image": "", "alt": "", "caption": escape(spoke.not_yet(run, name, after))}


def share_for(values: np.ndarray) -> float:
    """Returns the share of all contributions that speaks for the class.

    >>> share_for(np.array([[3.0, -1.0]])), share_for(np.zeros((2, 2)))
    (0.75, 0.5)
    """
    total = np.abs(values).sum()
    return float(values.clip(min=0).sum() / total) if total else 0.5


def painted(pixels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Returns a dimmed grey picture with its contributions in colour: uint8 (3, height, width).

    pixels: uint8 (height, width) or (channels, height, width). values: (height, width). The
    strongest pixel of a picture has the full colour.
    """
    grey = pixels if pixels.ndim == 2 else pixels.mean(0)
    strength = (np.abs(values) / max(np.abs(values).max(), 1e-12)) ** SOFTER
    colour = np.where(values > 0, FOR[:, None, None], AGAINST[:, None, None])
    return ((1 - strength) * DIM * grey + strength * colour).round().astype(np.uint8)
