"""Peak memory of this process, or of its GPU, since a moment."""

from pathlib import Path

import torch

_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"  # of Linux, see proc(5), clear_refs


def reset(device: str) -> bool:
    """Begins a new measurement on 'cpu' or 'cuda'; returns False where it cannot be measured.

    The processor's is of Linux only: other systems know the peak since the process began, which in
    one that trains many runs says nothing about a single one.
    """
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        return True
    try:
        (_PROCESS / "clear_refs").write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def read(device: str) -> int | None:
    """Returns the most bytes in use at once since `reset`; None where it is not known.

    cuda: bytes of tensors on the GPU. cpu: resident bytes of the whole process, so with Python,
    libraries, data sets and files that are mapped.
    """
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    try:
        lines = (_PROCESS / "status").read_text().splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return found[0] if found else None
