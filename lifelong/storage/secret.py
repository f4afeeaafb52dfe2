"""Secret of a server, with which it signs what it gives to browsers."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from ..errors import LifelongError

VARIABLE = "LIFELONG_SECRET"
SHORTEST = 32  # characters


def read_or_make(file: Path) -> str:
    """Returns the secret: `$LIFELONG_SECRET`, or that in a file, which is made where it is missing.

    Only the user of the server can read the file. Where none can be made, the secret is a new one
    of this process. Raises LifelongError for a variable that is too short to be a secret.
    """
    given = os.environ.get(VARIABLE, "")
    if given and len(given) < SHORTEST:
        raise LifelongError(
            f"{VARIABLE} was given with {len(given)} characters; expected at least {SHORTEST},"
            " drawn at random."
        )
    return given or _of_file(file) or secrets.token_hex(SHORTEST)


def _of_file(file: Path) -> str:
    """Returns the secret in a file, made first where it is missing; empty where that fails."""
    try:
        if not file.exists():
            _make(file)
        file.chmod(0o600)
        found = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return found if len(found) >= SHORTEST else ""


def _make(file: Path) -> None:
    """Writes a new secret; of two processes that start together, both then read that of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)  # mode 600
    with open(number, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(SHORTEST))
    with contextlib.suppress(FileExistsError):
        os.link(name, file)
    os.unlink(name)
