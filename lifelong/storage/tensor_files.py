"""Reads and writes tensors as safetensors files: whole or not at all, never unpickled."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..errors import LifelongError
from . import atomic


def write(
    file: Path,
    tensors: dict[str, Tensor],
    metadata: dict[str, str] | None = None,
    half: bool = False,
) -> None:
    """Writes tensors by name, with metadata. half: floating-point tensors in half precision.

    Raises LifelongError if the file cannot be written.
    """
    packed = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in tensors.items()
    }
    atomic.write_atomically(file, save(packed, metadata))


def read(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Returns the tensors by name and the metadata; half precision is converted to single.

    The others are mapped from the file: changes to them stay in memory. Raises LifelongError when
    the file is missing, truncated or no safetensors file.
    """
    with _opened(file) as f:
        tensors = {key: f.get_tensor(key) for key in f.keys()}  # noqa: SIM118 - not a dict
        metadata = f.metadata() or {}
    single = {
        key: tensor.float() if tensor.dtype == torch.float16 else tensor
        for key, tensor in tensors.items()
    }
    return single, metadata


def read_metadata(file: Path) -> dict[str, str]:
    """Returns the metadata alone. Raises LifelongError as `read` does."""
    with _opened(file) as f:
        return f.metadata() or {}


@contextmanager
def _opened(file: Path) -> Iterator[safe_open]:
    name = f"{file.parent.name}/{file.name}"
    try:
        with safe_open(file, "pt") as f:
            yield f
    except FileNotFoundError:
        raise LifelongError(
            f"The checkpoint {name} is missing; learn the task again or restore the file."
        ) from None
    except (SafetensorError, OSError):
        raise LifelongError(
            f"The checkpoint {name} is damaged; learn the task again or restore the file."
        ) from None


def add_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors with a prefix and a dot before their names."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def strip_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors whose names have this prefix, without it."""
    return {
        name[len(prefix) + 1 :]: tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{prefix}.")
    }
