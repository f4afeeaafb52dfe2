"""Reads and writes tensors as safetensors: whole or not at all, checked when read, never
unpickled.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..errors import LifelongError
from . import atomic


def write(
    file: Path, tensors: dict[str, Tensor], about: dict[str, str] | None = None, half: bool = False
) -> None:
    """Writes tensors by name with a few words about them; half: floating-point tensors in half
    precision.
    """
    packed = {
        n: (t.half() if half and t.is_floating_point() else t).contiguous()
        for n, t in tensors.items()
    }
    atomic.write_atomically(file, save(packed, about))


def read(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors by name, half precision widened to single, and the words about them.

    Raises LifelongError when the file is missing, truncated or not a checkpoint.
    """
    name = f"{file.parent.name}/{file.name}"
    try:
        with safe_open(file, "pt") as f:
            tensors = {key: f.get_tensor(key) for key in f.keys()}  # noqa: SIM118 - not a dict
            about = f.metadata() or {}
    except FileNotFoundError:
        raise LifelongError(
            f"The checkpoint {name} is missing; learn the task again or restore the file."
        ) from None
    except (SafetensorError, OSError):
        raise LifelongError(
            f"The checkpoint {name} is damaged; learn the task again or restore the file."
        ) from None
    return {key: t.float() if t.dtype == torch.float16 else t for key, t in tensors.items()}, about


def add_prefix(start: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under names that begin so."""
    return {f"{start}.{name}": tensor for name, tensor in tensors.items()}


def strip_prefix(start: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those whose name begins so, by the rest of their name."""
    return {
        name[len(start) + 1 :]: tensor
        for name, tensor in state.items()
        if name.startswith(f"{start}.")
    }
