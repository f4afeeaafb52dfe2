"""Declares the data sets that people bring: folders laid out as one, under one of the data folders.

These are `$LIFELONG_DATA` and the download folder. Images of one size up to 224 pixels stay as they
are. Others are resized until their shorter side is the median of the training images' shorter
sides, at most 96 pixels, and cropped to the square in their middle; the source says so. They have
one channel if all are grey, else three; a photograph is turned as its EXIF orientation asks.
"""

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from ...errors import LifelongError
from ...storage import owners
from ...validation import Config
from ..base import DatasetSpec
from . import folder, locations
from .folder import NAME, Folder

if TYPE_CHECKING:
    from ...data.examples import Dataset


DESCRIPTION = "dataset.json"  # of a data set that was stored here, in its folder


class Description(Config):
    """Origin of a stored data set, and its classes by task, where they were grouped."""

    source: str = Field(default="", max_length=200)
    tasks: tuple[tuple[str, ...], ...] = ()


def description(location: Path) -> Description | None:
    """Returns what is noted of a stored data set; None for a folder that was put there by hand."""
    try:
        return Description.model_validate_json((location / DESCRIPTION).read_bytes())
    except (OSError, ValidationError):
        return None


def folders() -> dict[str, Path]:
    """Returns every folder laid out as a data set, by its name; of two, the first root's."""
    found: dict[str, Path] = {}
    for root in locations.roots():
        with suppress(OSError):  # not there, or not readable
            for candidate in root.iterdir():
                if folder.layout(candidate):
                    found.setdefault(candidate.name, candidate)
    return found


def names() -> tuple[str, ...]:
    """Returns the names of these data sets, sorted; on a public server the visitor's own."""
    found = {name: location for name, location in folders().items() if NAME.fullmatch(name)}
    own = set(owners.listed(found.values()))
    return tuple(sorted(name for name, location in found.items() if location in own))


def outline(name: str) -> DatasetSpec:
    """Returns the declaration without the classes; the folder may be gone."""
    return DatasetSpec(
        name=name,
        title=name,
        about="Your own images",
        classes=(),
        shape=None,
        kind="photo",
        sources=(Folder(name),),
        rank=1000,
        own=True,
    )


def spec(name: str) -> DatasetSpec:
    """Returns the declaration with the classes, which are read from the folder; opens no image.

    Raises LifelongError where they cannot be read.
    """
    bare = outline(name)
    location = bare.location()
    if location is None:
        raise LifelongError(f"The folder of the data set '{name}' is gone; put it back.")
    read, groups = _classes(location, locations.stamp(location))
    about = f"Your own images, {len(read)} classes"
    if groups:
        about += f" in {len(groups)} tasks"
    return replace(bare, classes=read, about=about, groups=groups)


@lru_cache(maxsize=64)
def _classes(location: Path, _stamp: tuple) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Returns the classes, and those of each task if they were grouped and all are there."""
    classes, noted = folder.classes(location), description(location)
    groups = noted.tasks if noted else ()
    fits = sorted(name for group in groups for name in group) == sorted(classes) and all(groups)
    return classes, groups if fits else ()


def load_folder(location: Path) -> "Dataset":
    """Loads the data set in any folder. Raises LifelongError for one that is not laid out so."""
    if folder.layout(location) is None:
        raise LifelongError(
            f"'{locations.printable(str(location))}' is no folder of images; expected train/CLASS/"
            "*.png and test/CLASS/*.png in it, or train*.parquet and test*.parquet."
        )
    name = location.resolve().name
    if not NAME.fullmatch(name):
        name = "folder"
    return Folder(name).load(location, replace(outline(name), classes=folder.classes(location)))
