"""Zip files from people who may mean harm: opened, checked and read within limits.

Nothing of a zip file decides where its content is written; that is for the caller.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ..errors import LifelongError
from ..formatting import size

MOST_TIMES = 200  # that a file of more than SMALL bytes may grow
SMALL = 1_000_000
CHUNK = 1 << 20
END_OF_ZIP, END_OF_LARGE_ZIP = b"PK\x05\x06", b"PK\x06\x07"
END_BYTES, LARGE_BYTES = 22, 20  # of these two records at the end of a zip file
# Errors of the zip module for files that are damaged, or of forms that it does not read.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError, ValueError)


def opened(file: BinaryIO, no_zip: str, too_many: str, directory_bytes: int) -> zipfile.ZipFile:
    """Opens a zip file whose list of files is short enough to be read.

    no_zip, too_many: sentences for one that is none, and for one whose list of files has more than
    `directory_bytes` bytes. Raises LifelongError with these.
    """
    length = file.seek(0, io.SEEK_END)
    file.seek(max(0, length - END_BYTES - LARGE_BYTES))
    tail = file.read()
    end, large = tail[-END_BYTES:], tail[:-END_BYTES][-LARGE_BYTES:]
    # A comment behind this record, or a second form of it, would leave in doubt which one counts.
    if len(end) < END_BYTES or end[:4] != END_OF_ZIP or end[-2:] != b"\0\0":
        raise LifelongError(no_zip)
    (directory,) = struct.unpack("<L", end[12:16])
    if large[:4] == END_OF_LARGE_ZIP or directory > directory_bytes:
        raise LifelongError(too_many)
    file.seek(0)
    try:
        return zipfile.ZipFile(file)
    except (*DAMAGED, OSError):
        raise LifelongError(no_zip) from None


def check_member(name: str, member: zipfile.ZipInfo, owner: str) -> None:
    """Raises LifelongError for a member that is no plain file, or grows beyond all measure.

    name: of the member in sentences. owner: what has such files, in words, such as "run".
    """
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise LifelongError(f"The zip file holds {name} as a link; a {owner} has plain files only.")
    if member.flag_bits & 1:
        raise LifelongError("The zip file has a password; give one without.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise LifelongError("The zip file is compressed in a form that is not read; zip it anew.")
    if member.file_size > max(SMALL, MOST_TIMES * member.compress_size):
        raise LifelongError(
            f"The zip file announces {size(member.file_size)} as {name}; no {owner} has so much."
        )


def chunks(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yields the content of a member: exactly the bytes that it was checked to have.

    Raises BadZipFile for more or fewer, and one of DAMAGED for a damaged one.
    """
    with packed.open(member) as source:
        left = member.file_size
        while chunk := source.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile
            yield chunk
        if left:
            raise zipfile.BadZipFile
