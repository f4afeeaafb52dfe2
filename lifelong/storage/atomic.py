"""Writes files whole or not at all."""

import os
from pathlib import Path

from ..errors import LifelongError


def write_atomically(file: Path, content: bytes) -> None:
    """Writes a file whole or not at all: beside it, flushed to disk, then renamed over it."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise unwritable(file, error) from None


def unwritable(file: Path, error: OSError) -> LifelongError:
    """Returns the error for a file that could not be written."""
    return LifelongError(
        f"{file.parent.name}/{file.name} could not be written ({error.strerror}); "
        "free some space and go on."
    )
