"""Checks of training: whether what a strategy stores will fit into memory, and whether the loss is
still a number.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from .. import registry
from ..data.scenarios import Task
from ..errors import DivergedError, LifelongError
from ..formatting import size
from ..strategies.base import Strategy

LARGEST_LOSS = 1e12  # of a loss that is larger, nothing is learned any more
STORING = ("per_class", "features", "width")  # settings by which more is stored
PENALTIES = ("strength",)  # and those by which the loss is larger
_MEMORY, _LIMIT = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def free_memory(device: str) -> int | None:
    """Returns the bytes that are free on 'cpu' or 'cuda'; None where that is not known.

    cpu: those of the machine, or of the container where that has fewer. Linux only.
    """
    if device == "cuda":
        return torch.cuda.mem_get_info()[0]
    try:
        lines = _MEMORY.read_text().splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration, ValueError):
        return None
    try:
        limit, used = ((_LIMIT / f"memory.{name}").read_text() for name in ("max", "current"))
        return min(free, max(0, int(limit) - int(used)))
    except (OSError, ValueError):  # no container, or one without a limit
        return free


def require_memory(strategy: Strategy, tasks: Sequence[Task], device: str) -> None:
    """Raises LifelongError where a strategy will store more than is free, by an estimate."""
    needed, free = strategy.expected_storage(tasks), free_memory(device)
    if free is None or needed <= free:
        return
    raise LifelongError(
        f"{registry.name_of(type(strategy))} would store up to {size(needed)} for earlier tasks,"
        f" but {size(free)} are free here; choose {_lower(strategy, STORING)}a smaller network or a"
        " strategy that stores less."
    )


def require_finite(strategy: Strategy, task: Task, step: int, steps: int, loss: Tensor) -> None:
    """Raises DivergedError for a loss that is no number any more, or beyond LARGEST_LOSS."""
    value = float(loss)
    if math.isfinite(value) and abs(value) <= LARGEST_LOSS:
        return
    found = f"{value:.1e}" if math.isfinite(value) else "not a finite number"
    rate = strategy.optimizer.learning_rate
    raise DivergedError(
        f"{registry.name_of(type(strategy))} diverged in task {task.index + 1} at step {step} of"
        f" {steps}: the loss is {found}. Start a new run with {_lower(strategy, PENALTIES)}a"
        f" learning rate below {rate:g}."
    )


def _lower(strategy: Strategy, names: Sequence[str]) -> str:
    """Returns which of these settings to lower, and their values now, empty for none."""
    values = strategy.settings_dict()
    named = [f"{name} below {values[name]:g}" for name in names if values.get(name)]
    return f"{', '.join(named)}, or " if named else ""
