"""Layout of the pictures that people bring: which class and which split each path stands for."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..readers.custom import DESCRIPTION
from ..readers.folder import PUNCTUATION, is_plain
from ..readers.image_folder import SUFFIXES, SYSTEM_FILES
from ..readers.locations import printable

SPLITS = ("train", "test")
NUMBER_AT_END = re.compile(r"[\s._-]*(\(\d+\)|\d*)$")  # of 'cat-01' or 'cat (2)'


@dataclass(frozen=True)
class Misfit:
    """File or class that is left out. where: its name; why: the rest of the sentence."""

    where: str
    why: str

    @property
    def sentence(self) -> str:
        """Both as a sentence."""
        return f"{self.where} {self.why}"


@dataclass(frozen=True)
class Slot:
    """Position of a picture in a data set. split: 'train' or 'test', empty where none is given."""

    split: str
    name: str


def slots(paths: Sequence[str]) -> list[Slot | Misfit | None]:
    """Returns the slot of each path, None for files of the system, which nobody means.

    paths: with slashes, below what was given. They are [train|test]/CLASS/FILE or CLASS/FILE, all
    of them perhaps within further folders; of files without folders the class is the beginning of
    their names.

    >>> slots(["pets/train/cat/1.png", "pets/test/cat/2.png"])
    [Slot(split='train', name='cat'), Slot(split='test', name='cat')]
    >>> slots(["cat/1.png", "dog/.DS_Store"])
    [Slot(split='', name='cat'), None]
    >>> slots(["cat-1.png", "dog (2).jpg"])
    [Slot(split='', name='cat'), Slot(split='', name='dog')]
    """
    parts = [PurePosixPath(path).parts for path in paths]
    images = [each for each in parts if _is_image(each) and not _is_of_system(each)]
    depth = _common_folders(images)
    is_flat = bool(images) and all(len(each) == depth + 1 for each in images)
    if is_flat and depth and not all(map(_stem, images)):  # one class, named by its folder
        depth -= 1
    inner = [each[depth:] for each in images]
    has_splits = bool(inner) and all(len(p) > 2 and p[0].lower() in SPLITS for p in inner)
    if has_splits and not any(p[0].lower() == "test" for p in inner):
        depth, has_splits = depth + 1, False
    return [
        None if _is_of_system(each) else _slot(path, each[depth:], has_splits)
        for path, each in zip(paths, parts)
    ]


def class_name(text: str) -> str | None:
    """Returns a class's name as it can be a folder and stand on a page; None for what cannot.

    >>> class_name(" T-shirt/top "), class_name(".."), class_name("<b>")
    ('T-shirt-top', None, None)
    """
    tidy = unicodedata.normalize("NFC", text).strip().replace("/", "-")
    return tidy if is_plain(tidy) and not tidy.startswith(".") else None


def not_a_class(where: str, text: str) -> Misfit:
    """Returns the misfit for a name that no class may have."""
    signs = " ".join(sorted(PUNCTUATION - {" ", "/"}))
    return Misfit(
        printable(where),
        f"would be of a class named '{printable(text)}'; a class is named by at most 60 letters, "
        f"digits, spaces and {signs}.",
    )


def _is_of_system(parts: Sequence[str]) -> bool:
    if parts[-1:] == (DESCRIPTION,):
        return True
    return any(part.startswith(".") or part.lower() in SYSTEM_FILES for part in parts)


def _is_image(parts: Sequence[str]) -> bool:
    return bool(parts) and PurePosixPath(parts[-1]).suffix.lower() in SUFFIXES


def _common_folders(paths: Sequence[Sequence[str]]) -> int:
    """Returns the number of outer folders that all paths share, but for train and test."""
    depth = 0
    while paths and all(len(path) > depth + 1 for path in paths):
        names = {path[depth] for path in paths}
        if len(names) > 1 or names.pop().lower() in SPLITS:
            break
        depth += 1
    return depth


def _stem(parts: Sequence[str]) -> str:
    """Returns the name of a file without its number and ending, empty where it is a number."""
    return NUMBER_AT_END.sub("", PurePosixPath(parts[-1]).stem)


def _slot(path: str, parts: Sequence[str], has_splits: bool) -> Slot | Misfit:
    where = printable(path)
    if not _is_image(parts):
        return Misfit(where, "is not an image file, such as .png or .jpg.")
    *folders, file = parts
    split = folders.pop(0).lower() if has_splits else ""
    if len(folders) > 1:
        return Misfit(where, "lies deeper than in the folder of a class.")
    text = folders[0] if folders else _stem(parts)
    name = class_name(text)
    return not_a_class(where, text) if name is None else Slot(split, name)
