"""Folder of what comes with the project: runs, studies, the backbone, the recogniser of digits.

In a checkout it is `checkpoints/`. The package has none of it: the folder of a checkout can be
given as `$LIFELONG_SHIPPED`, or an address that serves its files as `$LIFELONG_SHIPPED_URL`; then
what is asked for is fetched, once, and checked against `shipped_files.txt`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..errors import LifelongError
from . import checksums, downloads
from .progress import Progress, Steps

CHECKOUT = Path(__file__).parents[2] / "checkpoints"
IS_CHECKOUT = (CHECKOUT / "shipped.txt").is_file()
FOLDER = Path(
    os.environ.get("LIFELONG_SHIPPED")
    or (CHECKOUT if IS_CHECKOUT else downloads.cache_folder() / "checkpoints")
)
ADDRESS = "LIFELONG_SHIPPED_URL"  # variable with the address that serves the files
LIST = Path(__file__).parent / "shipped_files.txt"


@dataclass(frozen=True)
class ShippedFile:
    """A file that comes with the project. path: below the folder, with slashes."""

    path: str
    nbytes: int
    sha256: str


@cache
def files() -> tuple[ShippedFile, ...]:
    """Returns all files that come with the project, as they are listed in the package."""
    lines = LIST.read_text("utf-8").splitlines()
    parts = (line.split("  ", 2) for line in lines)
    return tuple(ShippedFile(path, int(nbytes), sha256) for sha256, nbytes, path in parts)


def files_of(below: str) -> list[ShippedFile]:
    """Returns the files that come with the project below a folder, or the one of this path."""
    return [file for file in files() if file.path == below or file.path.startswith(f"{below}/")]


def backbone_names() -> frozenset[str]:
    """Returns the names of the backbones that come with the project."""
    return frozenset(Path(file.path).stem for file in files_of("backbones"))


def changed_files() -> list[str]:
    """Returns the paths of the files that are on this machine and are not those that ship."""
    here = [file for file in files() if (FOLDER / file.path).is_file()]
    return [file.path for file in here if checksums.of_file(FOLDER / file.path) != file.sha256]


def has_address() -> bool:
    """Returns whether there is an address to fetch from."""
    return bool(os.environ.get(ADDRESS)) and not downloads.offline()


def missing(below: str) -> list[ShippedFile]:
    """Returns the files below a folder, or the one of this path, that are not on this machine."""
    return [file for file in files_of(below) if not (FOLDER / file.path).is_file()]


def fetch(below: str) -> Steps[None]:
    """Downloads the files below a folder, or the one of this path, unless they are here.

    Yields the progress. Raises LifelongError where no address is given, or a file cannot be had.
    """
    wanted = missing(below)
    if not wanted:
        return
    address = os.environ.get(ADDRESS, "").rstrip("/")
    if not has_address():
        raise LifelongError(
            f"{below} comes with the project, but not with the package; set LIFELONG_SHIPPED to the"
            " folder checkpoints of a checkout, or LIFELONG_SHIPPED_URL to an address that serves"
            " it."
        )
    progress = Progress(f"Downloading {below}", "B", sum(file.nbytes for file in wanted))
    yield from progress.at(0)
    done = 0
    for file in wanted:
        for count in _download(address, file):
            yield from progress.at(done + count)
        done += file.nbytes


def _download(address: str, file: ShippedFile) -> Iterator[int]:
    try:
        yield from downloads.fetch(
            [f"{address}/{file.path}"], FOLDER / file.path, f"sha256:{file.sha256}"
        )
    except OSError as error:
        raise LifelongError(
            f"{file.path} could not be fetched ({error}); check LIFELONG_SHIPPED_URL, or set"
            " LIFELONG_SHIPPED to the folder checkpoints of a checkout."
        ) from None
