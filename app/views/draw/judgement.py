"""Judgement of a picture: what it shows, and the class that it is taken for."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.views.draw.facts import Choice, Picture, RunFacts, Truth
from lifelong import api

SURE = 0.9  # probability from which the newest checkpoint is said to take it for a taught class


def judged(run: RunFacts, pixels: np.ndarray, pictures: Sequence[Picture]) -> list[Picture]:
    """Returns pictures with what they show. pixels: of the network's input, one row a picture."""
    found = api.recognise(run.run, pixels)
    if found is not None:
        pictures = [
            replace(picture, shows=each.certainty, likeliest=each.likeliest)
            for picture, each in zip(pictures, found)
        ]
    if not run.taught:
        return list(pictures)
    newest = [answers[-1] for answers in api.classify_batch(run.run, pixels)]
    return [replace(p, taught=_taught(run, *each.top[0])) for p, each in zip(pictures, newest)]


def _taught(run: RunFacts, name: str, share: float) -> str:
    return name if name in run.taught_names and share >= SURE else ""


def truth(run: RunFacts, picture: Picture, choice: Choice) -> Truth:
    """Returns the class that a picture is taken for: what was chosen, else what it surely shows.

    A class that was announced before the picture was there counts unless the picture contradicts
    it. What is not surely a digit is taken for a taught class if the newest checkpoint surely does
    so: nothing else here has seen that class. A photograph is what a person says it shows, and
    nothing else.
    """
    if picture.shows == "blank":
        return Truth()
    chosen = choice.name if choice.name in run.names else None
    if chosen and choice.origin in ("hand", "label", "example"):
        return Truth(chosen, choice.origin)
    if chosen:
        return Truth(chosen, "announced") if agrees(run, picture, chosen) else Truth()
    if run.photo:
        return Truth()
    if picture.shows == "sure":
        first = picture.likeliest[0]
        return Truth(first, "picture") if first in run.names else Truth()
    taken = picture.taught and not picture.unfinished
    return Truth(picture.taught, "network") if taken else Truth()


def agrees(run: RunFacts, picture: Picture, name: str) -> bool:
    """Returns whether a picture may well show this class."""
    if name in run.taught_names:  # of which a recogniser of digits knows nothing
        return picture.shows != "sure" or name in (picture.likeliest[0], picture.taught)
    if picture.shows == "sure":
        return picture.likeliest[0] == name
    return picture.shows == "unknown" or picture.shows == "doubtful" and name in picture.likeliest


def contradicts(run: RunFacts, picture: Picture, name: str) -> bool:
    """Returns whether a picture surely shows something else than this class."""
    if picture.shows == "sure":
        return name not in (picture.likeliest[0], picture.taught)
    return picture.shows == "none" and name not in run.taught_names
