"""All data sets, declared ones and those that people bring. Only loading one imports torch."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .. import registry
from ..errors import LifelongError, unknown_name
from ..storage.downloads import offline
from ..storage.progress import result_of
from .base import DatasetInfo, DatasetSpec
from .readers import custom, locations

if TYPE_CHECKING:
    from ..data.examples import Dataset
    from ..storage.progress import Steps

MOST_IN_MEMORY = 2  # data sets


def names() -> tuple[str, ...]:
    """Returns the names of all data sets: the declared ones, then those that people brought."""
    declared = tuple(registry.datasets())
    return (*declared, *(name for name in custom.names() if name not in declared))


def outline(name: str) -> DatasetSpec:
    """Returns the declaration of a data set, without the classes if a person brought it.

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


def classes(name: str) -> tuple[str, ...]:
    """Returns the class names; opens no image. Raises LifelongError where they cannot be read."""
    return spec(name).classes


def load(name: str) -> "Dataset":
    """Loads a data set behind a progress bar on standard error; see `load_with_progress`."""
    return result_of(load_with_progress(name))


def load_with_progress(name: str) -> "Steps[Dataset]":
    """Loads a data set and yields the progress of downloading and decoding it.

    It stays in memory for the next caller until its files change.
    """
    version = _version(name)
    dataset = _in_memory.get(version)
    if dataset is None:
        downloads = location(name) is None
        dataset = yield from outline(name).load_with_progress()
        version = _version(name) if downloads else version
    with _changing:  # the last ones used are at the end
        _in_memory.pop(version, None)
        _in_memory[version] = dataset
        for oldest in list(_in_memory)[:-MOST_IN_MEMORY]:
            del _in_memory[oldest]
    return dataset


def forget() -> None:
    """Drops the data sets that are in memory."""
    _in_memory.clear()


def _version(name: str) -> tuple[object, ...]:
    """Returns the key of a data set in memory, which changes with its files."""
    found = location(name)
    return name, found, locations.stamp(found), tuple(locations.roots())


_in_memory: "dict[tuple[object, ...], Dataset]" = {}
_changing = threading.Lock()
