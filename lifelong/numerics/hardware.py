"""Chooses device, precision and number of threads, so that a run can be repeated."""

from collections.abc import Callable
from functools import cache

import torch

from ..errors import LifelongError


def device(wanted: str, deep: bool) -> str:
    """'cpu' or 'cuda': as wanted, or for 'auto' a graphics card, where there is one and the network
    is a deep one.

    A step of a small network is over before a card has been told of it, and one run on each core is
    quicker than all on one card. Raises LifelongError where a card is wanted and there is none.
    """
    card = torch.cuda.is_available()
    if wanted == "cuda" and not card:
        raise LifelongError(
            "device was given as cuda, but torch finds no graphics card here; choose cpu, "
            "or auto to use one where there is one."
        )
    return ("cuda" if card and deep else "cpu") if wanted == "auto" else wanted


def torch_device(device: str) -> torch.device:
    """Where torch keeps the tensors of 'cpu' or 'cuda'."""
    return torch.device(device)


def precision(wanted: str, device: str = "cpu") -> str:
    """'bf16' or 'fp32': as wanted, or for 'auto' bf16 where that gains time."""
    if wanted != "auto":
        return wanted
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if has_cpu_feature("amx_bf16") or has_cpu_feature("avx512_bf16") else "fp32"


def has_cpu_feature(feature: str) -> bool:
    return bool(torch.cpu.get_capabilities().get(feature))


def half_batch_size(images: int) -> int:
    """How many images to try at once where the memory did not hold so many; LifelongError where it
    did not hold one.
    """
    if images == 1:
        raise LifelongError(
            "The memory does not hold one image in this network; choose a smaller side or "
            "a smaller network."
        )
    return images // 2


def retry_with_freed_memory(action: Callable[[], None]) -> None:
    """Runs an action after it ran out of memory, with the unused memory of the GPU returned.

    Raises LifelongError if it runs out of memory again.
    """
    torch.cuda.empty_cache()
    try:
        action()
    except torch.OutOfMemoryError:
        raise LifelongError(
            "The memory is full after a step of the optimiser; choose a smaller network, "
            "or a strategy that stores less."
        ) from None


def set_threads(count: int | None) -> None:
    """Sets torch's threads; None for as many as the process had before this was first called.

    The number is fixed for each model, because it decides the last bits of a sum: the same run then
    gives the same numbers on the command line, in the app and side by side with others.
    """
    usual = _usual()
    if torch.get_num_threads() != (count or usual):
        torch.set_num_threads(count or usual)


@cache
def _usual() -> int:
    return torch.get_num_threads()
