"""Tensors on disk as safetensors: whole or not at all, checked when read, never unpickled."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from . import records
from .errors import LifelongError


def write(file: Path, tensors: dict[str, Tensor], about: dict[str, str] | None = None, half: bool = False) -> None:
    """Writes tensors by name with a few words about them; half: floating-point tensors in half precision."""
    packed = {n: (t.half() if half and t.is_floating_point() else t).contiguous() for n, t in tensors.items()}
    records.replace(file, save(packed, about))


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
        raise LifelongError(f"The checkpoint {name} is missing; learn the task again or restore the file.") from None
    except (SafetensorError, OSError):
        raise LifelongError(f"The checkpoint {name} is damaged; learn the task again or restore the file.") from None
    return {key: t.float() if t.dtype == torch.float16 else t for key, t in tensors.items()}, about


def answering(folder: Path, after: int) -> Path:
    """The file with what `scores` needs after task `after`."""
    return folder / f"task-{after}.safetensors"


def learned(folder: Path, after: int) -> Path:
    """The file with what learning on needs after task `after`: what undo goes back to."""
    return folder / f"resume-{after}.safetensors"


def within(folder: Path) -> Path:
    """The file with what learning on needs, of a run that was stopped within a task."""
    return folder / "resume.safetensors"
