"""All data sets: those that are declared, and those that people bring. Only `load` imports
torch.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .. import registry
from ..errors import LifelongError, unknown_name
from ..storage.downloads import offline
from .base import DatasetInfo, DatasetSpec
from .readers import custom, locations

if TYPE_CHECKING:
    from ..data.examples import Dataset


def names() -> tuple[str, ...]:
    """Returns the names of all data sets: the declared ones, then those that people brought."""
    declared = tuple(registry.datasets())
    return (*declared, *(name for name in custom.names() if name not in declared))


def outline(name: str) -> DatasetSpec:
    """Returns the declaration of a data set; that of one which people bring is without classes.

    Reads no folder and knows every name: runs outlive their data.
    """
    return registry.dataset(name) if name in registry.names("datasets") else custom.outline(name)


def spec(name: str) -> DatasetSpec:
    """Returns the declaration of a data set. Raises LifelongError if it is unknown or
    unreadable.
    """
    if name in registry.names("datasets"):
        return registry.dataset(name)
    location(name)
    return custom.spec(name)


def info(name: str) -> DatasetInfo:
    """Returns the declaration and state of a data set. Raises LifelongError for an unknown name."""
    found, problem = location(name), None
    try:
        declared = spec(name)
    except LifelongError as error:
        declared, problem = outline(name), str(error)
    return DatasetInfo(declared, problem, found, downloads=found is None and not offline())


def location(name: str) -> Path | None:
    """Returns the folder or file a data set is read from; None if it is not on this machine.

    Raises LifelongError for an unknown name.
    """
    found = outline(name).location()
    if found or name in registry.names("datasets"):
        return found
    if name in custom.folders():
        raise LifelongError(
            f"The folder '{locations.printable(name)}' was given as a data set; "
            "rename it to at most 60 of the letters a to z, digits and . _ -."
        )
    raise unknown_name("dataset", name, names())


def is_available(name: str) -> bool:
    """Returns whether a data set can be loaded without a download."""
    return location(name) is not None


def download_progress(name: str) -> tuple[int, int] | None:
    """Returns the bytes so far and in all of a data set that is being downloaded; None for one that
    is not.
    """
    download = outline(name).download
    done = locations.download_progress(download.folder) if download else None
    return (
        None if done is None or download is None else (min(done, download.nbytes), download.nbytes)
    )


def classes(name: str) -> tuple[str, ...]:
    """Returns the class names; opens no image. Raises LifelongError where they cannot be read."""
    return spec(name).classes


def load(name: str) -> "Dataset":
    """Loads a data set; it stays in memory for the next caller until its files change."""
    found = location(name)
    return _load(name, found, locations.stamp(found), tuple(locations.roots()))


def forget() -> None:
    """Drops the data sets that are in memory."""
    _load.cache_clear()


@lru_cache(maxsize=2)
def _load(name: str, _found: Path | None, _stamp: tuple, _roots: tuple[Path, ...]) -> "Dataset":
    return outline(name).load()
