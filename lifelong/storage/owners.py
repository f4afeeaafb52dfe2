"""Owners of runs and data sets on a server that strangers use.

On one's own machine there are none: all is everybody's. A public server names the function that
identifies the present visitor. What a visitor makes is noted as theirs in a file of its folder, and
is listed for them alone; whoever has its link opens it. What has no owner is nobody's there.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .. import validation
from ..errors import LifelongError

FILE = ".owner"  # in the folder of what has an owner: a hash of the visitor's random number
SHARED = ".shared"  # in the folder of what was opened by its link by another visitor
AWAY, AWAY_SECONDS = "LIFELONG_AWAY_SECONDS", 120.0
MOST_SEEN = 10_000  # visitors whose last visit is remembered
READ_ONLY = "This server is read-only: it shows what was trained, and trains and changes nothing."


@dataclass(frozen=True)
class Rules:
    """Rules of a server.

    identify: returns the present visitor, empty for one who is not known; None where everything is
    everybody's. read_only: whether nothing is trained and changed.
    """

    identify: Callable[[], str] | None = None
    read_only: bool = False


_rules = Rules()
_as_server: ContextVar[bool] = ContextVar("as_server", default=False)
_seen: dict[str, float] = {}


def use(rules: Rules) -> Rules:
    """Has this process follow rules; returns those of before."""
    global _rules
    before, _rules = _rules, rules
    return before


@contextmanager
def used(rules: Rules) -> Iterator[None]:
    """Has this process follow rules until the block ends."""
    before = use(rules)
    try:
        yield
    finally:
        use(before)


@contextmanager
def as_server() -> Iterator[None]:
    """Has everything listed within the block, whoever it belongs to: for what the server counts."""
    token = _as_server.set(True)
    try:
        yield
    finally:
        _as_server.reset(token)


def is_public() -> bool:
    """Returns whether strangers use this server."""
    return _rules.identify is not None


def is_read_only() -> bool:
    """Returns whether this server trains and changes nothing."""
    return _rules.read_only


def visitor() -> str | None:
    """Returns the present visitor, empty for one who is not known; None where all is everybody's.

    Notes that they are there.
    """
    if _rules.identify is None or _as_server.get():
        return None
    found = _rules.identify()
    if found:
        if len(_seen) >= MOST_SEEN and found not in _seen:
            _seen.clear()  # they are noted again within a second
        _seen[found] = time.monotonic()
    return found


def is_away(owner: str) -> bool:
    """Returns whether no page of a visitor has shown a sign of life for AWAY_SECONDS.

    `$LIFELONG_AWAY_SECONDS` is another number. Raises LifelongError for what is none.
    """
    if not owner:
        return False
    return time.monotonic() - _seen.get(owner, float("-inf")) > away_seconds()


def away_seconds() -> float:
    """Returns the seconds without a sign of life after which a visitor has left."""
    return validation.limit(AWAY) or AWAY_SECONDS


def owner(folder: Path) -> str:
    """Returns the visitor that a folder belongs to, empty for none."""
    try:
        return _owner(folder)
    except (OSError, UnicodeDecodeError):
        return ""


@lru_cache(maxsize=4096)
def _owner(folder: Path) -> str:
    """Reads who a folder belongs to, which does not change; a folder without an owner may get one,
    and an error is not cached.
    """
    return (folder / FILE).read_text("ascii")


def claim(folder: Path) -> None:
    """Notes a new folder as that of the present visitor, where they are known.

    Raises LifelongError if that cannot be written: it would be nobody's.
    """
    if not (found := visitor()):
        return
    try:
        (folder / FILE).write_text(found, "ascii")
    except OSError as error:
        raise LifelongError(
            f"{folder.name} could not be noted as yours ({error.strerror}); try again later."
        ) from None


def listed(folders: Iterable[Path]) -> list[Path]:
    """Returns those of some folders that the present visitor sees in lists."""
    found = visitor()
    if found is None:
        return list(folders)
    return [folder for folder in folders if found and owner(folder) == found]


def is_own(folder: Path) -> bool:
    """Returns whether a folder is the present visitor's, or everything is everybody's."""
    return bool(listed([folder]))


def may_change(folder: Path) -> bool:
    """Returns whether the present visitor may rename, delete, continue or stop what is there."""
    return not is_read_only() and is_own(folder)


def check_writable() -> None:
    """Raises LifelongError where this server changes nothing."""
    if is_read_only():
        raise LifelongError(READ_ONLY)


def check_change(folder: Path) -> None:
    """Raises LifelongError where the present visitor may not change what is in a folder."""
    check_writable()
    if not is_own(folder):
        raise LifelongError(
            f"{folder.name} is not yours on this server: look at it, or train one like it."
        )


def note_opened(folder: Path) -> None:
    """Notes that another visitor than its owner has opened a folder by its link."""
    found, own = visitor(), owner(folder)
    if found is None or not own or own == found or is_shared(folder):
        return
    with suppress(OSError):  # gone or read-only: as if nobody had opened it
        (folder / SHARED).touch()


def is_shared(folder: Path) -> bool:
    """Returns whether another visitor than its owner has opened a folder by its link."""
    return (folder / SHARED).exists()
