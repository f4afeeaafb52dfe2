"""What was computed once and is kept on disk: files of tensors, each whole or not there; the least
recently used make room for new ones.
"""

import os
from contextlib import suppress
from pathlib import Path

from torch import Tensor

from ..errors import LifelongError
from . import tensor_files

ROOM = 4e9  # bytes that are kept in a folder, unless LIFELONG_FEATURES_GB says otherwise


def store(file: Path, tensors: dict[str, Tensor], about: dict[str, str] | None = None) -> None:
    """Keeps tensors by name and a few words about them. Raises LifelongError where they cannot be
    written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    _make_room(file.parent, sum(tensor.nbytes for tensor in tensors.values()))
    tensor_files.write(file, tensors, about)


def load(file: Path, names: set[str]) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """The tensors of these names, mapped into memory and not read, and the words about them; None
    where they are not kept, or damaged.
    """
    try:
        tensors, about = tensor_files.read(file)
    except LifelongError:
        return None
    with suppress(OSError):
        os.utime(file)  # the least recently used are the first to go
    return (tensors, about) if tensors.keys() == names else None


def _make_room(place: Path, wanted: int) -> None:
    """Removes the files that were not used for longest until there is room for so many bytes
    more.
    """
    room = float(os.environ.get("LIFELONG_FEATURES_GB", ROOM / 1e9)) * 1e9
    kept = sorted(place.glob("*.safetensors"), key=lambda file: file.stat().st_mtime, reverse=True)
    used = wanted
    for file in kept:
        used += file.stat().st_size
        if used > room:
            file.unlink(missing_ok=True)
