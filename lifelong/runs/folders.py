"""The folders of runs and studies: where they are, what is in them, and who is at work there."""

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel

from ..errors import LifelongError
from ..events import Failed
from ..storage import atomic
from . import journal

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def home() -> Path:
    """The folder that new runs go into: `$LIFELONG_RUNS`, by default the project's `checkpoints/`."""
    return Path(os.environ.get("LIFELONG_RUNS") or SHIPPED)


def list_names(config: str) -> list[str]:
    """Names of all folders with a config of this name, the newest first and those that ship with the project last."""
    own = [f.parent for f in home().glob(f"*/{config}") if f.parent.name not in shipped(config)]
    own.sort(key=lambda folder: (folder / config).stat().st_mtime, reverse=True)
    return [folder.name for folder in own] + list(shipped(config))


@lru_cache(maxsize=2)
def shipped(config: str = "config.json") -> tuple[str, ...]:
    """Names of the folders that came with the project, those with a config of this name."""
    file = SHIPPED / "shipped.txt"
    names = [line.split("\t")[0] for line in file.read_text().splitlines()] if file.exists() else []
    return tuple(name for name in names if (SHIPPED / name / config).exists())


def ships(at: Path, config: str = "config.json") -> bool:
    """Whether this folder came with the project."""
    return at.parent == SHIPPED and at.name in shipped(config)


def find_folder(name: str, config: str) -> Path | None:
    """The folder of this name with a config of this name, if there is one."""
    name = str(name)  # programs send numbers and null
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", name):
        place = SHIPPED if name in shipped(config) else home()
        return place / name if (place / name / config).is_file() else None
    return None


def new_folder(*words: str) -> Path:
    """A folder for a new run or study, named by these words and a random number."""
    return home() / "-".join([*words, secrets.token_hex(3)])


def create_folder(
    config: BaseModel, at: Path, name: str, read: Callable[[bytes], BaseModel]
) -> Path:
    """Makes the folder with the config in a file of this name, unless it is there; raises LifelongError where another one is."""
    if any((at / other).exists() for other in {"config.json", "study.json"} - {name}):
        raise LifelongError(
            f"The folder {at.name} holds something else already; give another with --out."
        )
    try:
        at.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LifelongError(
            f"The folder {at.name} could not be made ({error.strerror}); give another with --out."
        ) from None
    file = at / name
    if not file.exists():
        atomic.write_atomically(file, config.model_dump_json(indent=2).encode())
    elif read(file.read_bytes()) != config:
        raise LifelongError(
            f"The folder {at.name} holds a run with another configuration; give another with --out."
        )
    return at


def version(file: Path) -> tuple[int, int] | None:
    """What changes whenever a file does; None where there is none."""
    try:
        seen = file.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size


def run_state(at: Path, ending: object, begun: bool) -> str:
    """The state of what is learned in a folder, by the last event of its record and whether there is any."""
    if is_locked(at):
        return "running"
    named = getattr(ending, "event", None)
    return (
        named if named in ("finished", "stopped", "failed") else "interrupted" if begun else "new"
    )


def is_locked(at: Path) -> bool:
    """Whether a process is learning what is in this folder."""
    if not (at / ".lock").exists():
        return False
    try:
        with FileLock(at / ".lock", timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written to is not being trained
        return False


@contextlib.contextmanager
def exclusive(at: Path) -> Iterator[None]:
    """Within it, no other process learns what is in this folder; an error is noted in its record, too.

    Raises LifelongError when another process is at it, or the folder cannot be written to.
    """
    try:
        lock = FileLock(at / ".lock").acquire(timeout=0.5)
    except Timeout:
        raise LifelongError(
            f"{at.name} is being learned by another process; wait for it or stop it."
        ) from None
    except OSError as error:
        raise LifelongError(
            f"The folder of {at.name} cannot be written to ({error.strerror}); start one elsewhere."
        ) from None
    with lock:
        try:
            yield
        except LifelongError as error:
            with contextlib.suppress(
                LifelongError
            ):  # a full disk cannot take the note that it is full
                journal.append(at / "record.jsonl", Failed(message=str(error)))
            raise
