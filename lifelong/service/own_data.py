"""Data sets of one's own: looked at before they are stored, grouped into tasks, removed.

What a page or a command asks for; files from browsers come in here.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from .. import datasets
from ..data.image_files import png
from ..datasets.own import pictures, store
from ..datasets.own.findings import Findings, FoundClass, sort_into
from ..datasets.own.layout import Misfit
from ..datasets.own.pictures import Upload
from ..datasets.own.store import Staged, check_name, discard, is_staged, names
from ..datasets.own.uploads import sort_uploads
from ..datasets.readers import custom, image_folder
from ..errors import LifelongError
from ..runs import listing
from ..storage import owners
from . import jobs, limits

__all__ = [
    "Example",
    "Findings",
    "FoundClass",
    "Misfit",
    "SUFFIXES",
    "Staged",
    "Upload",
    "check_name",
    "discard",
    "even_groups",
    "examples",
    "find",
    "is_staged",
    "keep",
    "names",
    "regroup",
    "remove",
    "runs_of",
    "stage_path",
    "stage_uploads",
]

SIDE, GAP = 64, 4  # pixels of an example, and between two
SUFFIXES = tuple(sorted(suffix.removeprefix(".") for suffix in image_folder.SUFFIXES))
Class = TypeVar("Class")


@dataclass(frozen=True)
class Example:
    """Example images of a class, side by side in one PNG file. count: number of them."""

    name: str
    image: bytes
    count: int


def stage_uploads(uploads: Sequence[Upload]) -> Staged:
    """Reads files that somebody sent and sorts the pictures in them into a staged folder.

    They are read in a process of its own, see `datasets.own.uploads`. Raises LifelongError, and
    leaves nothing on disk, for what cannot be used, and where all that was brought to this server
    takes as much as it may, see `limits`.
    """
    jobs.check_data_upload()
    limits.check_data_room(store.nbytes())
    return store.stage(lambda folder: sort_uploads(uploads, folder))


def stage_path(path: Path) -> Staged:
    """Does what `stage_uploads` does for a folder or file on this machine."""
    with pictures.of_path(path) as found:
        return store.stage(lambda folder: store.sort(folder, found))


def find(name: str) -> Findings:
    """Returns what there is in the folder of a data set of one's own, stored or put by hand.

    Every image is read. Raises LifelongError for an unknown name, and as `stage_path`.
    """
    location = custom.folders().get(name)
    if location is None:
        raise LifelongError(f"There is no data set '{name[:60]}' of your own here.")
    with pictures.of_path(location) as found:
        return sort_into(None, found)


def keep(staged: str, name: str, source: str, groups: Sequence[Sequence[str]] = ()) -> str:
    """Stores staged pictures as a data set and returns its name, see `store.keep`."""
    owners.check_writable()
    return store.keep(staged, name, source, groups)


def regroup(name: str, groups: Sequence[Sequence[str]]) -> None:
    """Groups the classes of a stored data set into other tasks, see `store.regroup`."""
    store.regroup(name, groups)


def even_groups(classes: Sequence[Class], tasks: int) -> tuple[tuple[Class, ...], ...]:
    """Returns the classes in order, dealt out to so many tasks that differ by one at most.

    >>> even_groups("abcde", 2)
    (('a', 'b', 'c'), ('d', 'e'))
    """
    share, larger = divmod(len(classes), tasks)
    sizes = [share + (task < larger) for task in range(tasks)]
    ends = np.cumsum(sizes).tolist()
    return tuple(tuple(classes[end - size : end]) for size, end in zip(sizes, ends))


def examples(staged: str, per_class: int, most_classes: int) -> list[Example]:
    """Returns the first training images of each class of what was staged, of so many classes."""
    folder = store.staged_folder(staged) / "train"
    return [
        _example(each.name, sorted(each.iterdir())[:per_class])
        for each in sorted(folder.iterdir())[:most_classes]
    ]


def _example(name: str, files: Sequence[Path]) -> Example:
    """Returns the square in the middle of each image, with gaps between them that are clear."""
    strip = Image.new("RGBA", ((SIDE + GAP) * len(files) - GAP, SIDE))
    for at, file in enumerate(files):
        with Image.open(io.BytesIO(file.read_bytes())) as image:
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
        strip.paste(ImageOps.fit(upright, (SIDE, SIDE)), ((SIDE + GAP) * at, 0))
    return Example(name, png(np.asarray(strip).transpose(2, 0, 1)), len(files))


def runs_of(name: str) -> list[str]:
    """Returns the ids of the runs that learn from a data set."""
    return [row.id for row in listing.run_rows() if row.dataset == name]


def remove(name: str) -> int:
    """Removes a stored data set for good; returns the number of runs that it leaves without data.

    The runs stay: their curves and predictions need no images. Raises LifelongError for one that is
    not stored here.
    """
    count = len(runs_of(name))
    store.remove(name)
    datasets.forget()
    return count
