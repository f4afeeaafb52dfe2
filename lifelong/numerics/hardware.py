"""Chooses device, precision and number of threads, so that a run can be repeated."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

import torch

from ..errors import LifelongError

T = TypeVar("T")
R = TypeVar("R")


def device(wanted: str, deep: bool) -> str:
    """Returns 'cpu' or 'cuda': as wanted, or for 'auto' the GPU, if there is one, for a deep model.

    A step of a small network is over before a GPU has begun it, and one run on each core is faster
    than all runs on one GPU. Raises LifelongError if a GPU is wanted and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if wanted == "cuda" and not has_gpu:
        raise LifelongError(
            "device was given as cuda, but torch finds no graphics card here; choose cpu, "
            "or auto to use one where there is one."
        )
    if wanted == "auto":
        return "cuda" if has_gpu and deep else "cpu"
    return wanted


def torch_device(device: str) -> torch.device:
    """Returns torch's device for 'cpu' or 'cuda'."""
    return torch.device(device)


def precision(wanted: str, device: str = "cpu") -> str:
    """Returns 'bf16' or 'fp32': as wanted, or for 'auto' bf16 on hardware that is faster in it."""
    if wanted != "auto":
        return wanted
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if has_cpu_feature("amx_bf16") or has_cpu_feature("avx512_bf16") else "fp32"


def has_cpu_feature(feature: str) -> bool:
    """Returns whether the processor has an instruction set, by torch's name of it."""
    return bool(torch.cpu.get_capabilities().get(feature))


def half_batch_size(images: int) -> int:
    """Returns half of a batch size that did not fit into memory.

    Raises LifelongError if it was one image.
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


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Within it, torch computes with so many threads; None leaves the number as it is.

    A model's number is fixed, because it decides the last bits of a sum: the same run then gives
    the same numbers on the command line, in the app and side by side with others.
    """
    before = torch.get_num_threads()
    if count is None or count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def with_threads(count: int | None, steps: Generator[T, None, R]) -> Generator[T, None, R]:
    """Passes a generator on that computes with so many threads, see `threads`.

    Between its values the process has its own number again.
    """
    with closing(steps):
        while True:
            try:
                with threads(count):
                    value = next(steps)
            except StopIteration as end:
                result: R = end.value
                return result
            yield value
