"""Atomic writes of files."""

import os
import re
from pathlib import Path

from ..errors import LifelongError


def write_atomically(file: Path, content: bytes) -> None:
    """Writes a temporary file, flushes it to disk and renames it to the file."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise unwritable(file, error) from None


def remove_left_over(folder: Path) -> None:
    """Removes the temporary files of processes that were killed while they wrote to a folder.

    No other process may be writing to it.
    """
    for file in folder.glob(".*"):
        if re.fullmatch(r"\..+\.\d+", file.name):
            file.unlink(missing_ok=True)


def unwritable(file: Path, error: OSError) -> LifelongError:
    """Returns the error for a file that could not be written."""
    return LifelongError(
        f"{file.parent.name}/{file.name} could not be written ({error.strerror}); "
        "free some space and go on."
    )
