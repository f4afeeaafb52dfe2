"""Data sets that people bring, on disk: staged while they are looked at, stored, removed.

They lie beside those that were put there by hand, as image folders, in the first of the data
folders; `dataset.json` tells them apart and holds their grouping into tasks.
"""

import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ... import registry
from ...errors import LifelongError
from ...storage import listed, owners
from ...storage.atomic import write_atomically
from ..readers import custom, folder, locations
from ..readers.custom import DESCRIPTION
from .findings import Findings, sort_into
from .pictures import Found

STAGED = ".adding-"  # first letters of the folder that pictures are sorted into
STAGED_NAME = re.compile(r"\.adding-[a-z0-9_]{4,20}")
LEFT_OVER = 6 * 3600  # seconds after which such a folder is that of a page that was left
INSIDE = "data"  # in a staged folder: so that it is no data set itself


@dataclass(frozen=True)
class Staged:
    """Pictures that were read and sorted, and are no data set yet. id: of their folder."""

    id: str
    findings: Findings


def root() -> Path:
    """Returns the folder that data sets are stored in.

    It is the first of the data folders that can be written to, or else the first.
    """
    roots = locations.roots()
    return next(filter(_is_writable, roots), roots[0])


def _is_writable(path: Path) -> bool:
    """Returns whether a folder can be written to, or be made where it is not there."""
    there = next((each for each in (path, *path.parents) if os.path.exists(each)), path)
    return os.path.isdir(there) and os.access(there, os.W_OK)


def stage(sort: Callable[[Path], Findings]) -> Staged:
    """Has pictures sorted into a staged folder; where they cannot be used, nothing is left of it.

    sort: sorts them into a folder, such as `sort`. Raises LifelongError as it does, and where
    nothing can be written.
    """
    try:
        root().mkdir(parents=True, exist_ok=True)
        remove_left_over()
        outer = Path(tempfile.mkdtemp(prefix=STAGED, dir=root()))
    except OSError as error:
        raise LifelongError(
            f"Nothing can be stored in the folder of the data sets ({error.strerror}); set "
            "LIFELONG_DATA to a folder that can be written to."
        ) from None
    try:
        return Staged(outer.name, sort(outer / INSIDE))
    except OSError as error:
        shutil.rmtree(outer, ignore_errors=True)
        raise _not_stored(error) from None
    except BaseException:
        shutil.rmtree(outer, ignore_errors=True)
        raise


def sort(folder: Path, found: Iterable[Found]) -> Findings:
    """Sorts pictures into a folder. Raises LifelongError as `sort_into`, and without room."""
    try:
        return sort_into(folder, found)
    except OSError as error:
        raise _not_stored(error) from None


def _not_stored(error: OSError) -> LifelongError:
    return LifelongError(f"The images could not be stored ({error.strerror}).")


def is_staged(staged: str) -> bool:
    """Returns whether staged pictures are still there."""
    return bool(STAGED_NAME.fullmatch(staged)) and (root() / staged / INSIDE).is_dir()


def staged_folder(staged: str) -> Path:
    """Returns the folder of staged pictures. Raises LifelongError where it is gone."""
    inside = root() / staged / INSIDE
    if not is_staged(staged):
        raise LifelongError("What was read is gone; give the files once more.")
    return inside


def keep(staged: str, name: str, source: str, groups: Sequence[Sequence[str]] = ()) -> str:
    """Stores staged pictures as a data set and returns its name.

    source: what they came from, in words. groups: the classes of each task. Raises LifelongError
    for a name or groups that do not fit, and where the pictures are gone. On a public server the
    name gets a random number, so that it says nothing about the data sets of others.
    """
    inside = staged_folder(staged)
    if owners.is_public():
        name = f"{name}-{secrets.token_hex(4)}"
    check_name(name)
    check_groups(groups, folder.classes(inside))
    text = custom.Description(source=printable_source(source), tasks=tuple(map(tuple, groups)))
    write_atomically(inside / DESCRIPTION, text.model_dump_json(indent=1).encode())
    owners.claim(inside)
    try:
        os.rename(inside, root() / name)
    except OSError as error:
        raise LifelongError(f"'{name}' could not be stored ({error.strerror}).") from None
    discard(staged)
    return name


def printable_source(source: str) -> str:
    """Returns the name of a file as it can be stored and shown."""
    return locations.printable(source)


def discard(staged: str) -> None:
    """Removes staged pictures, if they are still there."""
    if STAGED_NAME.fullmatch(staged):
        shutil.rmtree(root() / staged, ignore_errors=True)


def remove_left_over() -> None:
    """Removes what was staged and never stored."""
    for outer in root().glob(f"{STAGED}*/"):
        with suppress(OSError):
            if time.time() - outer.stat().st_mtime > LEFT_OVER:
                shutil.rmtree(outer, ignore_errors=True)


def regroup(name: str, groups: Sequence[Sequence[str]]) -> None:
    """Groups the classes of a stored data set into other tasks; none: no grouping."""
    location, description = _stored(name)
    check_groups(groups, folder.classes(location))
    text = description.with_changes(tasks=tuple(map(tuple, groups)))
    write_atomically(location / DESCRIPTION, text.model_dump_json(indent=1).encode())


def remove(name: str) -> None:
    """Removes a data set that was stored here, for good.

    Raises LifelongError for one that is not, such as a folder that was put there by hand.
    """
    location, _ = _stored(name)
    try:
        # Out of the way in one step: a half removed data set would be read.
        outer = Path(tempfile.mkdtemp(prefix=STAGED, dir=location.parent))
        os.rename(location, outer / INSIDE)
    except OSError as error:
        raise LifelongError(f"'{name}' could not be removed ({error.strerror}).") from None
    shutil.rmtree(outer, ignore_errors=True)


def names() -> tuple[str, ...]:
    """Returns the names of the data sets that were stored here."""
    found = custom.folders()
    return tuple(name for name in custom.names() if custom.description(found[name]) is not None)


def nbytes() -> int:
    """Returns the bytes of all that was stored or staged here, whoever it belongs to."""
    with owners.as_server():
        stored = [root() / name for name in names()]
    return sum(map(listed.nbytes, [*stored, *root().glob(f"{STAGED}*/")]))


def _stored(name: str) -> tuple[Path, custom.Description]:
    location = custom.folders().get(name)
    if location is None or name not in custom.names():
        raise LifelongError(f"There is no data set '{locations.printable(name)}' of your own here.")
    owners.check_change(location)
    description = custom.description(location)
    if description is None:
        raise LifelongError(
            f"The data set '{name}' was put there by hand; change or remove its folder yourself."
        )
    return location, description


def check_name(name: str) -> None:
    """Raises LifelongError for a name that no new data set may have."""
    if not folder.NAME.fullmatch(name):
        raise LifelongError(
            f"The name was given as '{locations.printable(name)}'; expected at most 60 of the "
            "letters a to z, digits and . _ -, a letter or digit first."
        )
    taken = {*registry.names("datasets"), *custom.folders()}
    if name.lower() in map(str.lower, taken) or os.path.lexists(root() / name):
        raise LifelongError(f"There is a data set '{name}' already; give another name.")


def check_groups(groups: Sequence[Sequence[str]], classes: Sequence[str]) -> None:
    """Raises LifelongError for groups that do not hold each class once, or one without classes."""
    if not groups:
        return
    grouped = [name for group in groups for name in group]
    if not all(groups):
        raise LifelongError("One of the tasks has no class; move one there or take the task away.")
    for name in sorted({*grouped, *classes}):
        if name not in classes or grouped.count(name) != 1:
            raise LifelongError(
                f"The class '{locations.printable(name)}' is in {grouped.count(name)} tasks; "
                f"expected each of {', '.join(classes)} in one."
            )
