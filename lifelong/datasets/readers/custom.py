"""Data sets that people bring: every folder under `$LIFELONG_DATA` or the download folder that is laid out as one.

Either `<name>/{train,test}/<class>/*.png|jpg|...`, or `<name>/train*.parquet` and `<name>/test*.parquet` with a column `img` or
`image` (binary, or a struct with `bytes`) and a column `label` (whole numbers, or text). Images of one size up to 224 pixels
stay as they are. Others are resized until their shorter side is the median of the training images' shorter sides, at most
96 pixels, and cropped to the square in their middle; the source says so. They have one channel if all are grey, else
three; a photograph is turned as its EXIF orientation asks. Files may be hostile: what is wrong with one is told in one
sentence that names it, a link that leaves the folder is not followed, and nothing is unpickled.
"""

import os
import re
import unicodedata
from contextlib import suppress
from math import prod
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ...errors import LifelongError
from . import arrays, locations

if TYPE_CHECKING:
    from ...data.examples import Dataset

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")  # of a data set: goes into the names of runs
MOST_CLASSES = 1000
MOST_BYTES = 4_000_000_000  # of pixels
PUNCTUATION = frozenset(
    " _-.,/()&'+"
)  # of a class's name: nothing that a page could take for markup


def folders() -> dict[str, Path]:
    """Every folder that is laid out as a data set, by its name; under two roots, the first counts."""
    found: dict[str, Path] = {}
    for root in locations.roots():
        with suppress(OSError):  # not there, or not to be looked into
            for folder in root.iterdir():
                if _layout(folder):
                    found.setdefault(folder.name, folder)
    return found


def names() -> tuple[str, ...]:
    """The names of these data sets, sorted."""
    return tuple(sorted(filter(NAME.fullmatch, folders())))


def location(name: str) -> Path | None:
    """The folder of the data set of this name, None where there is none; a name is never a path."""
    return (
        locations.first_complete(name, lambda folder: _layout(folder) is not None)
        if NAME.fullmatch(name)
        else None
    )


def _layout(folder: Path) -> str | None:
    """'parquet' or 'images'; None for a folder that is no data set, or cannot be looked into."""
    if not os.path.isdir(folder):
        return None
    if any(next(folder.glob(f"{split}*.parquet"), None) for split in ("train", "test")):
        return "parquet"
    return "images" if any(os.path.isdir(folder / split) for split in ("train", "test")) else None


def _reader(folder: Path) -> ModuleType:
    if _layout(folder) == "parquet":
        from . import parquet as reader  # pyarrow takes a tenth of a second
    else:
        from . import image_folder as reader
    return reader


def classes(folder: Path) -> tuple[str, ...]:
    """The names of its classes; no image is opened. Raises LifelongError for all that can be told without."""
    return _parts(folder, folder.name, None)[0]


def _parts(folder: Path, title: str, known: tuple[str, ...] | None) -> tuple:
    """The names of the classes, the training images and the test images, each class with some in both."""
    names, train, test = _reader(folder).parts(folder, known)
    if not 2 <= len(names) <= MOST_CLASSES:
        raise LifelongError(
            f"{title} has {len(names):,} class{'' if len(names) == 1 else 'es'}; expected 2 to {MOST_CLASSES:,}."
        )
    for name in names:
        if names.count(name) > 1 or not _plain(name):
            raise LifelongError(
                f"{title} has a class named '{locations.printable(name)}'; expected names that differ, of at most 60 letters, digits, "
                f"spaces and {' '.join(sorted(PUNCTUATION - {' '}))}."
            )
    for part, split in ((train, "training"), (test, "test")):
        if (without := np.flatnonzero(np.bincount(part.labels, minlength=len(names)) == 0)).size:
            raise LifelongError(
                f"{title} has no {split} images of the class {names[without[0]]}; each class needs some in train and in test."
            )
    return names, train, test


def _plain(name: str) -> bool:
    """Whether a class's name can be shown anywhere: of letters with their accents, digits and harmless punctuation."""
    return (
        name == name.strip()
        and 0 < len(name) <= 60
        and all(c in PUNCTUATION or unicodedata.category(c)[0] in "LMN" for c in name)
    )


def load(
    folder: Path,
    name: str,
    title: str,
    known: tuple[str, ...] | None = None,
    shape: tuple[int, int, int] | None = None,
) -> "Dataset":
    """The data set in a folder. known, shape: its classes and the size of its images, where they are known beforehand.

    Raises LifelongError with the name of the file or the row that does not fit.
    """
    from . import decoded_cache

    names, train, test = _parts(folder, title, known)
    images = decoded_cache.load_decoded(
        train,
        test,
        shape,
        lambda how: _fits(title, len(train.labels) + len(test.labels), how.shape),
    )
    height, width = images.train.shape[2:]
    remark = f", resized and cropped to {width} x {height}" if images.cropped else ""
    if known and "JPEG" in images.formats:
        remark = ", from JPEG copies"
    return arrays.make_dataset(
        name, title, names, (images.train, train.labels), (images.test, test.labels), remark
    )


def _fits(title: str, images: int, shape: tuple[int, int, int]) -> None:
    if (needed := images * prod(shape)) > MOST_BYTES:
        raise LifelongError(
            f"{title} would take {needed / 1e9:.1f} GB of memory, {images:,} images of {shape[2]} x {shape[1]} pixels; "
            f"bring fewer or smaller ones, at most {MOST_BYTES / 1e9:.0f} GB."
        )
