"""Files that a person names: plain ones of a sane size, never a device or a pipe."""

import stat
from pathlib import Path

from ..errors import LifelongError, shown
from ..formatting import size

MOST_PICTURE_BYTES = 100_000_000


def check(file: Path, most: int) -> None:
    """Raises LifelongError for a file that cannot be read, is not a plain one, or has more bytes.

    It is not opened: to open a pipe waits for whoever writes to it.
    """
    name = shown(file.name or file)
    try:
        status = file.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise LifelongError(f"{name} could not be read ({reason}); give another file.") from None
    if not stat.S_ISREG(status.st_mode):
        raise LifelongError(f"{name} is not a plain file; give one.")
    if status.st_size > most:
        raise LifelongError(f"{name} has {size(status.st_size)}; at most {size(most)} are read.")


def read(file: Path, most: int = MOST_PICTURE_BYTES) -> bytes:
    """Returns the content of a file. Raises LifelongError as `check` does."""
    check(file, most)
    try:
        return file.read_bytes()
    except OSError as error:
        raise LifelongError(
            f"{shown(file.name)} could not be read ({error.strerror}); give another file."
        ) from None
