"""The door to all data sets: those that have a file here, and those that people bring (see `readers/custom.py`).

A file here has a `load()` that returns a Dataset, its CLASSES, `place()`: what it is read from without a download, None where
there is nothing, and DOWNLOAD: the folder that a download goes to and the bytes of its archives, None where there is no
download. Only `load` imports torch.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .. import registry
from ..errors import LifelongError, unknown_name
from ..storage.downloads import offline
from .readers import custom, locations

if TYPE_CHECKING:
    from ..data.examples import Dataset


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set before any image is read.

    own: whether a person brought it. problem: why its classes cannot be told, where they cannot. place: what it is read
    from, None where it is not on this machine; downloads: whether it would be downloaded then.
    """

    name: str
    own: bool
    classes: tuple[str, ...]
    problem: str | None
    place: Path | None
    downloads: bool

    def describe(self) -> str:
        """How many classes it has and where it was found, or what is wrong with it."""
        later = (
            "it is downloaded when first asked for"
            if self.downloads
            else "LIFELONG_OFFLINE forbids the download"
        )
        return (
            self.problem
            or f"{len(self.classes):,} classes, {self.place or f'not on this machine: {later}'}"
        )


def info(name: str) -> DatasetInfo:
    """The card of this data set. Raises LifelongError where there is none of this name."""
    found, named, problem = location(name), (), None
    try:
        named = classes(name)
    except LifelongError as error:
        problem = str(error)
    return DatasetInfo(
        name,
        name not in registry.names("datasets"),
        named,
        problem,
        found,
        found is None and not offline(),
    )


def names() -> tuple[str, ...]:
    """All data sets: those of the project, then those that people brought."""
    ours = registry.names("datasets")
    return (*ours, *(name for name in custom.names() if name not in ours))


def location(name: str) -> Path | None:
    """What the data set is read from without a download: a folder or a file; None where it is not on this machine.

    Raises LifelongError where there is no data set of this name.
    """
    if name in registry.names("datasets"):
        return registry.module("datasets", name).place()
    if found := custom.location(name):
        return found
    if name in custom.folders():
        raise LifelongError(
            f"The folder '{locations.printable(name)}' was given as a data set; rename it to at most 60 of the letters a to z, digits and . _ -."
        )
    raise unknown_name("dataset", name, names())


def is_available(name: str) -> bool:
    """Whether it can be loaded without a download."""
    return location(name) is not None


def download_progress(name: str) -> tuple[int, int] | None:
    """Bytes so far and bytes in all of a data set that is being downloaded; None for one that is not."""
    download = (
        registry.module("datasets", name).DOWNLOAD if name in registry.names("datasets") else None
    )
    so_far = locations.download_progress(download[0]) if download else None
    return None if so_far is None else (min(so_far, download[1]), download[1])


def classes(name: str) -> tuple[str, ...]:
    """The names of its classes; no image is read. Raises LifelongError where they cannot be told."""
    if name in registry.names("datasets"):
        return registry.module("datasets", name).CLASSES
    found = location(name)
    return _classes(found, _stamp(found))


@lru_cache(maxsize=64)
def _classes(folder: Path, _stamp: tuple) -> tuple[str, ...]:
    return custom.classes(folder)


def load(name: str) -> "Dataset":
    """The data set of this name, kept in memory for the next caller until files are added, taken away or replaced."""
    found = location(name)
    return _load(name, found, _stamp(found), tuple(locations.roots()))


@lru_cache(maxsize=2)
def _load(name: str, found: Path | None, _stamp: tuple, _roots: tuple[Path, ...]) -> "Dataset":
    if name in registry.names("datasets"):
        return registry.module("datasets", name).load()
    return custom.load(found, name, name)


def _stamp(found: Path | None) -> tuple:
    """What changes with the files in a folder, or in the folders of its train and test."""
    if found is None:
        return ()
    looked = [
        found,
        *(path for within in (".", "train", "test") for path in sorted((found / within).glob("*"))),
    ]
    seen = [(path.name, path.stat()) for path in looked if os.path.exists(path)]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in seen)
