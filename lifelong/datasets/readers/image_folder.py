"""Reads an image folder: `<name>/{train,test}/<class>/<image>`."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import LifelongError
from .decoding import Split
from .locations import printable, require_inside

SUFFIXES = frozenset(
    [
        ".bmp",
        ".gif",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tif",
        ".tiff",
        ".webp",
    ]
)
SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx"})


def splits(folder: Path, known: tuple[str, ...] | None) -> tuple[tuple[str, ...], Split, Split]:
    """Returns the classes, by default sorted, the training images and the test images."""
    names = _classes(folder)
    if known and set(names) != set(known):
        wrong = printable(min(set(names) ^ set(known)))
        raise LifelongError(
            f"The folders in {folder.name}/train must be the classes {', '.join(known)}; "
            f"'{wrong}' is missing or one too many."
        )
    names = known or names
    return names, _split(folder, "train", names), _split(folder, "test", names)


def _split(folder: Path, split: str, names: tuple[str, ...]) -> Split:
    by_class = [_image_files(folder, f"{split}/{name}") for name in names]
    all_files = tuple(file for files in by_class for file in files)

    def pictures() -> Iterator[tuple[str, BinaryIO]]:
        for file in all_files:
            where = _where(folder, file)
            try:
                with open(file, "rb") as opened:
                    yield where, opened
            except OSError as error:
                raise LifelongError(f"{where} cannot be read ({error.strerror}).") from None

    return Split(
        np.repeat(np.arange(len(names)), [len(files) for files in by_class]), all_files, pictures
    )


def _classes(folder: Path) -> tuple[str, ...]:
    """Returns the names of the folders in train, sorted. Raises LifelongError unless test has
    them.
    """
    train, test = (_class_names(folder, split) for split in ("train", "test"))
    for name in sorted(set(train) ^ set(test)):
        has, lacks = ("train", "test") if name in train else ("test", "train")
        raise LifelongError(
            f"{printable(folder.name)}/{has} has the class {printable(name)}, "
            f"but {lacks} has not; each class needs images in both."
        )
    return tuple(train)


def _class_names(folder: Path, split: str) -> list[str]:
    """Returns the names of the folders in a split, sorted."""
    if not os.path.isdir(folder / split):
        raise LifelongError(
            f"{printable(folder.name)} has no folder {split}; "
            f"put images into {split}/<class>/, a folder for each class."
        )
    entries = _entries(folder, split)
    for path in entries:
        if not os.path.isdir(path):
            raise LifelongError(
                f"{_where(folder, path)} lies beside the folders of the classes; "
                "put it into one of them, or elsewhere."
            )
    return [path.name for path in entries]


def _image_files(folder: Path, within: str) -> list[Path]:
    """Returns the image files of one class, by name. Raises LifelongError for any other visible
    file.
    """
    files = _entries(folder, within)
    for file in files:
        if file.suffix.lower() not in SUFFIXES or not os.path.isfile(file):
            raise LifelongError(
                f"{_where(folder, file)} is not an image file; "
                f"expected {', '.join(sorted(SUFFIXES)[:-1])} or {sorted(SUFFIXES)[-1]}."
            )
    if not files:
        raise LifelongError(
            f"{printable(folder.name)}/{printable(within)} holds no images; "
            "each class needs some in train and in test."
        )
    return files


def _entries(folder: Path, within: str) -> list[Path]:
    """Returns what is in a folder, by name, without hidden files.

    Raises LifelongError for a link that leads out of the data set's folder.
    """
    try:
        entries = sorted(require_inside(folder, folder / within).iterdir())
    except OSError as error:
        raise LifelongError(
            f"{printable(folder.name)}/{printable(within)} cannot be read ({error.strerror})."
        ) from None
    return [
        require_inside(folder, path)
        for path in entries
        if not path.name.startswith(".") and path.name.lower() not in SYSTEM_FILES
    ]


def _where(folder: Path, path: Path) -> str:
    return "/".join(map(printable, (folder.name, *path.relative_to(folder).parts)))
