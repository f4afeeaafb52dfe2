"""Pictures that people bring: in a folder, a zip file, parquet files, or as files.

Nothing is written here, and nothing decides where something is written. What is wrong with a whole
file is a LifelongError, what is wrong with one picture is a misfit.
"""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ...errors import LifelongError
from ...formatting import size
from ...storage import zip_files
from ..readers.locations import printable
from .layout import Misfit, Slot, class_name, not_a_class, slots

MOST_PICTURES = 100_000
MOST_BYTES = 2_000_000_000  # of all files, unpacked
LARGEST = 50_000_000  # bytes of a picture
DIRECTORY_BYTES = 30_000_000  # of the list of files in a zip file
DAMAGED_ZIP = "The zip file is damaged; make it once more."


@dataclass(frozen=True)
class Upload:
    """A file that a person gives: its name, and its content, open for reading."""

    name: str
    content: BinaryIO


@dataclass(frozen=True)
class Picture:
    """A picture in its slot. where: its name in sentences. read: returns the bytes of its file."""

    where: str
    slot: Slot
    read: Callable[[], bytes]


Found = Picture | Misfit


@contextmanager
def of_path(path: Path) -> Iterator[Iterator[Found]]:
    """Opens the pictures of a folder, a zip file, a parquet file or an image.

    Raises LifelongError for one that is not there, and as `of_uploads`.
    """
    if path.is_dir():
        tables = sorted(path.glob("*.parquet"))
        if not tables:
            yield _of_folder(path)
            return
        paths = tables
    elif path.is_file():
        paths = [path]
    else:
        raise LifelongError(f"There is no file or folder '{printable(str(path))}'; give another.")
    with ExitStack() as stack:
        files = [Upload(each.name, stack.enter_context(open(each, "rb"))) for each in paths]
        yield stack.enter_context(of_uploads(files))


@contextmanager
def of_uploads(uploads: Sequence[Upload]) -> Iterator[Iterator[Found]]:
    """Opens the pictures of a zip file, of parquet files, or of image files.

    Raises LifelongError for a mixture of these, and for what is damaged, too large or hostile.
    """
    kinds = {Path(each.name).suffix.lower() for each in uploads}
    if not uploads:
        raise LifelongError("No file was given; give a zip file, parquet files or images.")
    if ".zip" in kinds and len(uploads) > 1:
        raise LifelongError(
            f"{len(uploads)} files were given, one of them a zip file; give it alone."
        )
    if ".parquet" in kinds and len(kinds) > 1:
        raise LifelongError("Parquet and other files were given; give one kind at a time.")
    if ".zip" in kinds:
        with _opened(uploads[0].content) as packed:
            yield _of_zip(packed)
    elif ".parquet" in kinds:
        with tempfile.TemporaryDirectory(prefix="lifelong-") as folder:
            yield _of_parquet(uploads, Path(folder))
    else:
        yield _of_files(uploads)


def _of_files(uploads: Sequence[Upload]) -> Iterator[Found]:
    _require_few(len(uploads))
    names = [each.name.replace("\\", "/").rpartition("/")[2] for each in uploads]
    for slot, name, each in zip(slots(names), names, uploads):
        if isinstance(slot, Slot):
            yield Picture(printable(name), slot, partial(_read, each.content))
        elif slot is not None:
            yield slot


def _read(content: BinaryIO) -> bytes:
    content.seek(0)
    return content.read(LARGEST + 1)


def _of_folder(folder: Path) -> Iterator[Found]:
    """Yields the pictures of a folder; links in it are not followed."""
    paths = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        paths += [Path(parent, name).relative_to(folder) for name in sorted(names)]
        _require_few(len(paths))
    paths.sort(key=Path.as_posix)
    for slot, path in zip(slots([path.as_posix() for path in paths]), paths):
        where, file = printable(path.as_posix()), folder / path
        if isinstance(slot, Misfit):
            yield slot
        elif slot is not None and (file.is_symlink() or not file.is_file()):
            yield Misfit(where, "is a link or no plain file; put the picture itself there.")
        elif slot is not None:
            yield Picture(where, slot, partial(_read_file, file))


def _read_file(file: Path) -> bytes:
    with open(file, "rb") as content:
        return content.read(LARGEST + 1)


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    """Opens a zip file and checks its whole list of files before anything is unpacked."""
    packed = zip_files.opened(
        file,
        "The file is not a whole zip file; zip the folder of images anew, without a comment.",
        f"The zip file holds more than {MOST_PICTURES:,} files; give fewer of them.",
        DIRECTORY_BYTES,
    )
    members = _members(packed)
    _require_few(len(members))
    names = set()
    for member in members:
        name = printable(member.orig_filename)
        parts = member.orig_filename.split("/")
        unsafe = "\\" in name or ":" in parts[0] or name.startswith("/") or ".." in parts
        if unsafe or member.orig_filename != member.filename:
            raise LifelongError(f"The zip file holds {name!r}, which leads out of its folder.")
        if member.filename in names:
            raise LifelongError(f"The zip file holds {name} twice; give each file once.")
        names.add(member.filename)
        zip_files.check_member(name, member, "data set")
    _require_little(sum(member.file_size for member in members))
    return packed


def _members(packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Returns the files in a zip file by name, so that their order decides nothing."""
    found = [member for member in packed.infolist() if not member.orig_filename.endswith("/")]
    return sorted(found, key=lambda member: member.filename)


def _of_zip(packed: zipfile.ZipFile) -> Iterator[Found]:
    members = _members(packed)
    for slot, member in zip(slots([member.filename for member in members]), members):
        where = printable(member.filename)
        if isinstance(slot, Misfit):
            yield slot
        elif slot is not None and member.file_size > LARGEST:
            yield Misfit(where, f"has {size(member.file_size)}; at most {size(LARGEST)} are read.")
        elif slot is not None:
            yield Picture(where, slot, partial(_unzipped, packed, member))


def _unzipped(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        return b"".join(zip_files.chunks(packed, member))
    except zip_files.DAMAGED:
        raise LifelongError(DAMAGED_ZIP) from None


def _of_parquet(uploads: Sequence[Upload], folder: Path) -> Iterator[Found]:
    """Yields the pictures of parquet files, copied to a folder under names of their splits."""
    given = {}
    for number, each in enumerate(uploads):
        split = "test" if Path(each.name).name.lower().startswith("test") else "train"
        copied = f"{split}-{number:05}.parquet"
        given[f"{folder.name}/{copied}"] = printable(Path(each.name).name)
        each.content.seek(0)
        with open(folder / copied, "wb") as out:
            shutil.copyfileobj(each.content, out)
    try:
        yield from _of_tables(folder, given)
    except LifelongError as error:
        raise LifelongError(_as_given(str(error), given)) from None


def _as_given(text: str, given: dict[str, str]) -> str:
    """Returns a reader's words with the names that the files were given under."""
    for copied, name in given.items():
        text = text.replace(copied, name)
    return text


def _of_tables(folder: Path, given: dict[str, str]) -> Iterator[Found]:
    from ..readers import parquet  # pyarrow takes a tenth of a second

    classes, splits = parquet.uploaded(folder)
    _require_few(sum(len(split.labels) for _, split in splits))
    names = [class_name(each) for each in classes]
    for split, images in splits:
        for label, (where, content) in zip(images.labels.tolist(), images.pictures()):
            name = names[label]
            # The reader's words go on with what is wrong.
            of_row = _as_given(where, given).removesuffix(", counted from 0,")
            if name is None:
                yield not_a_class(of_row, classes[label])
            else:
                slot = Slot(split if len(splits) > 1 else "", name)
                yield Picture(of_row, slot, partial(_read, content))


def _require_few(count: int) -> None:
    if count > MOST_PICTURES:
        raise LifelongError(f"More than {MOST_PICTURES:,} files were given; give fewer of them.")


def _require_little(nbytes: int) -> None:
    if nbytes > MOST_BYTES:
        raise LifelongError(
            f"Unpacked it has {size(nbytes)}; at most {size(MOST_BYTES)} are taken, give fewer or "
            "smaller images."
        )
