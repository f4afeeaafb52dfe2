"""Reads and writes tensors as safetensors files: whole or not at all, never unpickled."""

from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from . import atomic
from .tensor_metadata import opened, read_metadata

__all__ = ["add_prefix", "pack", "read", "read_metadata", "strip_prefix", "write"]


def pack(
    tensors: dict[str, Tensor], metadata: dict[str, str] | None = None, half: bool = False
) -> bytes:
    """Returns the content of a file of tensors by name, with metadata.

    half: floating-point tensors in half precision.
    """
    packed = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in tensors.items()
    }
    return save(packed, metadata)


def write(
    file: Path,
    tensors: dict[str, Tensor],
    metadata: dict[str, str] | None = None,
    half: bool = False,
) -> None:
    """Writes what `pack` returns. Raises LifelongError if the file cannot be written."""
    atomic.write_atomically(file, pack(tensors, metadata, half))


def read(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Returns the tensors by name and the metadata; half precision is converted to single.

    The others are mapped from the file: changes to them stay in memory. Raises LifelongError when
    the file is missing, truncated or no safetensors file.
    """
    with opened(file, "pt") as f:
        tensors = {key: f.get_tensor(key) for key in f.keys()}  # noqa: SIM118 - not a dict
        metadata = f.metadata() or {}
    single = {
        key: tensor.float() if tensor.dtype == torch.float16 else tensor
        for key, tensor in tensors.items()
    }
    return single, metadata


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
