"""Data sets that strangers send, read in a process of its own, which can be killed.

Zip and parquet files, and all pictures in them. `python -m lifelong.datasets.own.uploads` is the
process; it ends itself where one picture takes longer than SECONDS.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pydantic

from ...errors import LifelongError
from ...storage import confined
from ...storage.confined import ConfinedProcess, DiedError, Frame
from . import pictures, store
from .findings import Findings
from .pictures import Found, Upload

SECONDS = 30  # for one picture, or for the list of all
SECONDS_IN_ALL = 900.0
FINDINGS = pydantic.TypeAdapter(Findings)
REFUSED = (
    f"The files could not be read: one of them takes longer than {SECONDS} seconds or more than"
    f" {confined.MEMORY / 1e9:g} GB of memory; give smaller pictures, or fewer of them."
)


def sort_uploads(uploads: Sequence[Upload], folder: Path) -> Findings:
    """Sorts the pictures in files that anybody may have sent into a folder, see `store.sort`.

    Raises LifelongError as that does, and where reading takes too long or too much memory.
    """
    with tempfile.TemporaryDirectory(prefix="lifelong-") as copies:
        given = [(each.name, str(Path(copies, str(at)))) for at, each in enumerate(uploads)]
        for (_, path), each in zip(given, uploads):
            each.content.seek(0)
            with open(path, "wb") as out:
                shutil.copyfileobj(each.content, out)
        process = ConfinedProcess(__name__)
        try:
            answer, _ = process.ask(
                {"files": given, "folder": str(folder)}, b"", SECONDS_IN_ALL, most=0
            )
            if "error" in answer:
                raise LifelongError(str(answer["error"]))
            return FINDINGS.validate_python(answer.get("findings"))
        except (DiedError, pydantic.ValidationError):
            raise LifelongError(REFUSED) from None
        finally:
            process.end()


def sort_here(uploads: Sequence[Upload], folder: Path) -> Findings:
    """Does what `sort_uploads` does in this process."""
    with pictures.of_uploads(uploads) as found:
        return store.sort(folder, found)


def _sorted(header: dict[str, Any], _content: bytes) -> Frame:
    """Returns what was found, as an answer."""
    try:
        _wind_up()
        with ExitStack() as stack:
            uploads = [
                Upload(name, stack.enter_context(open(path, "rb")))
                for name, path in header["files"]
            ]
            found = stack.enter_context(pictures.of_uploads(uploads))
            findings = store.sort(Path(header["folder"]), _watched(found))
    except MemoryError:
        raise LifelongError(REFUSED) from None
    return {"findings": FINDINGS.dump_python(findings, mode="json")}, b""


def _watched(found: Iterable[Found]) -> Iterator[Found]:
    """Yields the same, and winds the alarm up before each."""
    for each in found:
        _wind_up()
        yield each


def _wind_up() -> None:
    """Has the system end this process after SECONDS, whatever it is at then."""
    if os.name == "posix":
        signal.alarm(SECONDS)


if __name__ == "__main__":
    confined.serve(_sorted)
