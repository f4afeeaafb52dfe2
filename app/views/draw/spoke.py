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

# Of what speaks for the class, and of what speaks against it: they differ in brightness, too.
FOR, AGAINST = np.array([94, 234, 212]), np.array([214, 72, 20])
DIM, DIM_PHOTO = 0.3, 0.65  # of the picture where nothing was said
COVER, COVER_PHOTO = 1.0, 0.75  # of the picture by the strongest colour
SOFTER, SOFTER_PHOTO = 0.6, 1.0  # exponent: below 1, small contributions stay visible


def values_of(answered: Answered) -> Value | None:
    """Returns the value of the part with these pictures, HTML-escaped; None without a class."""
    run, name, pixels = answered.run, answered.truth.name, answered.pixels
    if name is None or pixels is None or not answered.readings:
        return None
    try:
        found = api.contributions(run.run, pixels, name, answered.task)
    except LifelongError as error:
        return _only(str(error))
    absent = {
        after: spoke.missing(run, name, after, len(answered.readings[after].shares))
        for after, each in enumerate(found)
        if each is None
    }
    if len(absent) == len(found):
        return _only(spoke.instead(set(absent.values())))
    maps, leads = [], []
    for after, each in enumerate(found):
        shown = _no_map(absent[after]) if each is None else _map(run, name, pixels, after, each)
        maps.append({"heading": escape(spoke.heading(run, after))} | shown)
        if each is not None:
            leads.append((after, each.lead, float(each.values.sum())))
    return {
        "lead": escape(spoke.lead(run, name)),
        "note": escape(spoke.note(run, leads)),
        "maps": maps,
        "photo": run.photo,
    }


def _only(text: str) -> Value:
    return {"lead": escape(text), "note": "", "maps": [], "photo": False}


def _map(run: RunFacts, name: str, pixels: np.ndarray, after: int, found: "Contributions") -> Value:
    side = spoke.SIDE if run.photo else 1
    values = in_squares(found.values, side)
    given, against = values.clip(min=0).sum(), -values.clip(max=0).sum()
    words = spoke.captions(name, found.rival, given, against)
    shown = drawn(values, side, found.values.shape)
    image = data_url(api.png(painted(pixels, shown, photo=run.photo)))
    return {
        "image": image,
        "alt": escape(spoke.description(run, after, words)),
        "captions": [escape(each) for each in words],
    }


def _no_map(words: str) -> Value:
    return {"image": "", "alt": "", "captions": [escape(words)]}


def in_squares(values: np.ndarray, side: int) -> np.ndarray:
    """Returns the sums over squares of values (height, width), the last ones cut off at the edge.

    >>> in_squares(np.ones((2, 3)), 2)
    array([[4., 2.]])
    """
    height, width = values.shape
    rows = np.add.reduceat(values, range(0, height, side), 0)
    return np.add.reduceat(rows, range(0, width, side), 1)


def drawn(squares: np.ndarray, side: int, shape: tuple[int, int]) -> np.ndarray:
    """Returns values of squares as those of each pixel: (height, width)."""
    height, width = shape
    return squares.repeat(side, 0).repeat(side, 1)[:height, :width]


def painted(pixels: np.ndarray, values: np.ndarray, photo: bool = False) -> np.ndarray:
    """Returns a dimmed grey picture with its contributions in colour: uint8 (3, height, width).

    pixels: uint8 (height, width) or (channels, height, width). values: (height, width). The
    strongest of a picture has the full colour; a photograph stays visible beneath.
    """
    dim, cover, softer = (DIM_PHOTO, COVER_PHOTO, SOFTER_PHOTO) if photo else (DIM, COVER, SOFTER)
    grey = pixels if pixels.ndim == 2 else pixels.mean(0)
    strength = cover * (np.abs(values) / max(np.abs(values).max(), 1e-12)) ** softer
    colour = np.where(values > 0, FOR[:, None, None], AGAINST[:, None, None])
    return ((1 - strength) * dim * grey + strength * colour).round().astype(np.uint8)
