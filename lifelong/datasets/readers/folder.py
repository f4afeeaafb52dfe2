"""Reads a data set from a folder of parquet files, or from an image folder.

Either `<name>/{train,test}/<class>/*.png|jpg|...`, or `<name>/train*.parquet` and
`<name>/test*.parquet` with a column `img` or `image` (binary, or a struct with `bytes`) and a
column `label` (whole numbers, or text). Files may be hostile: what is wrong with one is one
sentence that names it, a link that leaves the folder is not followed, and nothing is unpickled.
"""

import os
import re
import unicodedata
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ...errors import LifelongError
from ...storage.progress import Steps, result_of
from ..base import DatasetSpec, Shape, Source
from . import arrays, locations

if TYPE_CHECKING:
    from ...data.examples import Dataset
    from .decoding import Split

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")  # of a data set: goes into the names of runs
MOST_CLASSES = 1000
MOST_BYTES = 4_000_000_000  # of pixels
# Of a class's name: nothing that a page could take for markup.
PUNCTUATION = frozenset(" _-.,/()&'+")


@dataclass(frozen=True)
class Folder(Source):
    """A folder of this name with parquet files or images by class; a name is never a path."""

    name: str

    def location(self) -> Path | None:
        if not NAME.fullmatch(self.name):
            return None
        return locations.first_complete(self.name, lambda folder: layout(folder) is not None)

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        return result_of(self.load_with_progress(location, spec))

    def load_with_progress(self, location: Path, spec: DatasetSpec) -> "Steps[Dataset]":
        from . import decoded_cache  # imports torch

        known = None if spec.own else spec.classes
        names, train, test = _splits(location, spec.title, known)
        count = len(train.labels) + len(test.labels)
        images = yield from decoded_cache.load_decoded(
            spec.title,
            train,
            test,
            spec.shape,
            lambda target: _require_room(spec.title, count, target.shape),
        )
        height, width = images.train.shape[2:]
        remark = f", resized and cropped to {width} x {height}" if images.cropped else ""
        if known and "JPEG" in images.formats:
            remark = ", from JPEG copies"
        dataset = arrays.make_dataset(
            spec.name,
            spec.title,
            names,
            (images.train, train.labels),
            (images.test, test.labels),
            remark,
        )
        return replace(dataset, known_digest=images.digest)


def layout(folder: Path) -> str | None:
    """Returns 'parquet' or 'images'; None for a folder that is no data set, or cannot be read."""
    if not os.path.isdir(folder):
        return None
    if any(next(folder.glob(f"{split}*.parquet"), None) for split in ("train", "test")):
        return "parquet"
    return "images" if any(os.path.isdir(folder / split) for split in ("train", "test")) else None


def classes(folder: Path) -> tuple[str, ...]:
    """Reads the names of the classes; opens no image. Raises LifelongError for a bad layout."""
    return _splits(folder, folder.name, None)[0]


def _reader(folder: Path) -> ModuleType:
    if layout(folder) == "parquet":
        from . import parquet  # pyarrow takes a tenth of a second

        return parquet
    from . import image_folder

    return image_folder


def _splits(
    folder: Path, title: str, known: tuple[str, ...] | None
) -> tuple[tuple[str, ...], "Split", "Split"]:
    """Returns the class names, the training and the test images.

    Raises LifelongError unless each class has some images in both.
    """
    names, train, test = _reader(folder).splits(folder, known)
    if not 2 <= len(names) <= MOST_CLASSES:
        raise LifelongError(
            f"{title} has {len(names):,} class{'' if len(names) == 1 else 'es'}; "
            f"expected 2 to {MOST_CLASSES:,}."
        )
    for name in names:
        if names.count(name) > 1 or not is_plain(name):
            raise LifelongError(
                f"{title} has a class named '{locations.printable(name)}'; expected names that "
                "differ, of at most 60 letters, digits, "
                f"spaces and {' '.join(sorted(PUNCTUATION - {' '}))}."
            )
    for split, purpose in ((train, "training"), (test, "test")):
        counts = np.bincount(split.labels, minlength=len(names))
        if (without := np.flatnonzero(counts == 0)).size:
            raise LifelongError(
                f"{title} has no {purpose} images of the class {names[without[0]]}; "
                "each class needs some in train and in test."
            )
    return names, train, test


def is_plain(name: str) -> bool:
    """Returns whether a class's name can be shown anywhere: it holds nothing like markup."""
    return (
        name == name.strip()
        and 0 < len(name) <= 60
        and all(c in PUNCTUATION or unicodedata.category(c)[0] in "LMN" for c in name)
    )


def _require_room(title: str, images: int, shape: Shape) -> None:
    if (needed := images * prod(shape)) > MOST_BYTES:
        raise LifelongError(
            f"{title} would take {needed / 1e9:.1f} GB of memory, {images:,} images of "
            f"{shape[2]} x {shape[1]} pixels; "
            f"bring fewer or smaller ones, at most {MOST_BYTES / 1e9:.0f} GB."
        )
