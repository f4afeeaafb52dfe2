"""Cache of tensors on disk: files that are whole or missing; the least recently used give way."""

import os
from contextlib import suppress
from pathlib import Path

from torch import Tensor

from ..errors import LifelongError
from . import tensor_files
from .listed import with_status

CAPACITY = 4e9  # bytes of a folder, unless LIFELONG_FEATURES_GB says otherwise


def store(file: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Writes tensors by name, with metadata, and removes older files if there is no room.

    Raises LifelongError if the file cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    _make_room(file.parent, sum(tensor.nbytes for tensor in tensors.values()))
    tensor_files.write(file, tensors, metadata)


def load(file: Path, names: set[str]) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """Returns the tensors of these names and the metadata of a file.

    The tensors are mapped into memory: their values are read from disk when they are used. Returns
    None if the file is missing, damaged or holds other tensors.
    """
    try:
        tensors, metadata = tensor_files.read(file)
    except LifelongError:
        return None
    with suppress(OSError):
        os.utime(file)  # the least recently used files are removed first
    return (tensors, metadata) if tensors.keys() == names else None


def _make_room(folder: Path, nbytes: int) -> None:
    """Removes the least recently used files until the folder has room for so many bytes more."""
    capacity = float(os.environ.get("LIFELONG_FEATURES_GB", CAPACITY / 1e9)) * 1e9
    files = sorted(
        with_status(folder.glob("*.safetensors")), key=lambda each: each[1].st_mtime, reverse=True
    )
    used = nbytes
    for file, status in files:
        used += status.st_size
        if used > capacity:
            file.unlink(missing_ok=True)
