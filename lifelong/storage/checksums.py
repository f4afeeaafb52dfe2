"""SHA-256 of files, computed once for each version of a file. No torch."""

import hashlib
from functools import lru_cache
from pathlib import Path

Version = tuple[int, int, int]  # time of the last change in nanoseconds, bytes, number on disk


def of_bytes(content: bytes) -> str:
    """Returns the SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def of_file(file: Path) -> str:
    """Returns the SHA-256 of a file, hexadecimal; read anew only when the file has changed.

    Raises OSError for a file that is missing or cannot be read.
    """
    status = file.stat()
    return _of_version(file, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=4096)
def _of_version(file: Path, _version: Version) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
