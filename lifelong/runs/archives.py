"""Runs and studies as zip files: packed, and unpacked from people who may mean harm. No torch.

Nothing of a zip file decides where its content is written: names are compared with those of the
files that a run has, and anything else is refused before the first byte is unpacked.
"""

import io
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from ..errors import LifelongError
from ..formatting import size
from ..storage import zip_files
from .folders import ID

MOST_BYTES = 2_000_000_000  # of all files, unpacked
MOST_FILES = 5000
DIRECTORY_BYTES = 2_000_000  # of the list of files in a zip file
NUMBER = r"(0|[1-9]\d{0,3})"
# Names of the files of a run or a study, and the most bytes of each.
FILES = {
    r"config\.json|study\.json": 1_000_000,
    r"record\.jsonl": 50_000_000,
    r"stored\.json|bookmark\.json": 10_000,
    rf"(task|steps|resume|pictures)-{NUMBER}\.safetensors": MOST_BYTES,
    r"(resume|summary)\.safetensors": MOST_BYTES,
}


def pack(folder: Path) -> bytes:
    """Returns a run or study as a zip file, without what only this machine needs."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as packed:
        for file in files_of(folder):
            packed.write(file, f"{folder.name}/{file.name}")
    return content.getvalue()


def files_of(folder: Path) -> list[Path]:
    """Returns the files of a run or study that go into a zip file."""
    return [
        file for file in sorted(folder.iterdir()) if is_file_of_run(file.name) and file.is_file()
    ]


def name_within(file: BinaryIO) -> str:
    """Returns the name of the folder in a zip file, empty for none.

    Raises LifelongError for a file that is not the zip file of one run or study; see `unpack`.
    """
    with _opened(file) as packed:
        return _checked(packed)[0]


def unpack(file: BinaryIO, folder: Path) -> None:
    """Unpacks the zip file of a run or study into an empty folder.

    Raises LifelongError for a file that is no zip file or damaged, for names that a run has no
    files of or has twice, for links and passwords, and for more bytes than fit or were announced.
    """
    with _opened(file) as packed:
        members = _checked(packed)[1]
        check_room(sum(member.file_size for member in members.values()), folder)
        try:
            for name, member in members.items():
                _unpack(packed, member, folder / name)
        except zip_files.DAMAGED:
            raise LifelongError("The zip file is damaged; download it once more.") from None
        except OSError as error:
            raise LifelongError(f"It could not be unpacked ({error.strerror}).") from None


def _unpack(packed: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path) -> None:
    """Unpacks one file, of no more bytes than it was checked to have."""
    with open(file, "xb") as out:
        for chunk in zip_files.chunks(packed, member):
            out.write(chunk)


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    """Opens a zip file whose list of files is short enough to be read."""
    no_zip = "The file is not a zip file that a run was downloaded as."
    too_many = f"The zip file holds more than the {MOST_FILES} files of a run."
    return zip_files.opened(file, no_zip, too_many, DIRECTORY_BYTES)


def _checked(packed: zipfile.ZipFile) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """Returns the name of the folder in a zip file, empty for none, and its members by file."""
    members: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for member in packed.infolist():
        folder, name = _split(member)
        folders.add(folder)
        if not name:  # the entry of the folder itself
            continue
        if name in members:
            raise LifelongError(f"The zip file holds {name} twice; a run has each file once.")
        zip_files.check_member(name, member, "run")
        members[name] = member
    if len(folders) > 1:
        raise LifelongError("The zip file holds several folders; give one of a single run.")
    sizes = {name: member.file_size for name, member in members.items()}
    check_list(sizes, "The zip file", MOST_BYTES)
    return folders.pop(), members


def check_list(files: Mapping[str, int], owner: str, most: int) -> None:
    """Raises LifelongError for files that are not those of one run or study, or too large.

    files: bytes by name, before any of them is read. owner: of the files, in words. most: bytes of
    all.
    """
    if len(files) > MOST_FILES:
        raise LifelongError(f"{owner} holds more than the {MOST_FILES} files of a run.")
    if not files.keys() & {"config.json", "study.json"}:
        raise LifelongError(f"{owner} holds no config.json; it is not that of a run.")
    if {"config.json", "study.json"} <= files.keys():
        raise LifelongError(f"{owner} holds a run and a study at once; give one of them.")
    for name, nbytes in files.items():
        if nbytes > _most_bytes(name):
            raise LifelongError(f"{owner} announces {size(nbytes)} as {name}; no run has so much.")
    if (total := sum(files.values())) > most:
        raise LifelongError(f"In all it has {size(total)}; at most {size(most)} are loaded.")


def check_room(nbytes: int, folder: Path) -> None:
    """Raises LifelongError where a folder has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if nbytes > free - zip_files.SMALL:
        raise LifelongError(
            f"In all it has {size(nbytes)}, but only {size(free)} are free here; make room."
        )


def is_file_of_run(name: str) -> bool:
    """Returns whether a run or study has a file of this name.

    >>> is_file_of_run("task-0.safetensors"), is_file_of_run("../config.json")
    (True, False)
    """
    return _most_bytes(name) > 0


def _split(member: zipfile.ZipInfo) -> tuple[str, str]:
    """Returns folder and name of a member. Raises LifelongError for a name that no run has."""
    folder, slash, name = member.orig_filename.rpartition("/")
    fits = member.orig_filename == member.filename and (not slash or re.fullmatch(ID, folder))
    if not fits or (name and not is_file_of_run(name)) or (not name and not slash):
        raise LifelongError(
            f"The zip file holds {member.orig_filename[:80]!r}, which is no file of a run."
        )
    return folder, name


def _most_bytes(name: str) -> int:
    """Returns the most bytes of a file of a run; 0 for a name that no file of a run has."""
    return next((most for names, most in FILES.items() if re.fullmatch(names, name)), 0)
