"""How this machine computes: where, in which precision and with how many threads, chosen so that a run can be repeated.

A bfloat16 product rounds its inputs to 8 significant bits and adds up in single precision. Whether that gains time is a
question to the processor: with tiles (AMX) a product is three times as fast, with AVX-512's instructions twice, with neither it
gains nothing. (ResNet-50 on 2 cores of an EPYC with AVX-512: 138 images a second learned from in place of 65, 499 answered in place
of 264.) Tiles are used behind torch's back; the instructions only for tensors that are bfloat16 already, so `product` converts
them, and its result is rounded, too. Graphics cards that know bfloat16 are made for it.
"""

import contextlib
import threading
from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor

from .errors import LifelongError


def device(wanted: str, deep: bool) -> str:
    """'cpu' or 'cuda': as wanted, or for 'auto' a graphics card, where there is one and the network is a deep one.

    A step of a small network is over before a card has been told of it, and one run on each core is quicker than all on one card.
    Raises LifelongError where a card is wanted and there is none.
    """
    card = torch.cuda.is_available()
    if wanted == "cuda" and not card:
        raise LifelongError("device was given as cuda, but torch finds no graphics card here; choose cpu, or auto to use one where there is one.")
    return ("cuda" if card and deep else "cpu") if wanted == "auto" else wanted


def place(device: str) -> torch.device:
    """Where torch keeps the tensors of 'cpu' or 'cuda'."""
    return torch.device(device)


def precision(wanted: str, device: str = "cpu") -> str:
    """'bf16' or 'fp32': as wanted, or for 'auto' bf16 where that gains time."""
    if wanted != "auto":
        return wanted
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if _has("amx_bf16") or _has("avx512_bf16") else "fp32"


def _has(feature: str) -> bool:
    return bool(torch.cpu.get_capabilities().get(feature))


def halved(images: int) -> int:
    """How many images to try at once where the memory did not hold so many; LifelongError where it did not hold one."""
    if images == 1:
        raise LifelongError("The memory does not hold one image in this network; choose a smaller side or a smaller network.")
    return images // 2


@contextlib.contextmanager
def products(precision: str) -> Iterator[None]:
    """Within it, single-precision matrix products are computed in this precision, 'fp32' or 'bf16'; for the latter, a card
    takes TF32, which keeps 10 bits in place of 7 and is as quick where it counts.

    The choice is the whole process's, so threads that answer take turns: none puts back what it found in the middle of another's.
    """
    with _one_at_a_time:
        yield from _products(precision)


def _products(precision: str) -> Iterator[None]:
    global _converting
    converted, _converting = _converting, precision == "bf16" and _has("avx512_bf16") and not _has("amx_bf16")
    coarse = {torch.backends.mkldnn.matmul: "bf16", torch.backends.cuda.matmul: "tf32"}
    before = {matmul: matmul.fp32_precision for matmul in coarse}
    for matmul, name in coarse.items():
        matmul.fp32_precision = name if precision == "bf16" else "ieee"
    try:
        yield
    finally:
        _converting = converted
        for matmul, name in before.items():
            matmul.fp32_precision = name


_one_at_a_time = threading.RLock()  # within one thread they may be nested
_converting = False  # whether `product` converts its factors; set by `products`


def product(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    """The matrix product of two single-precision matrices in the precision asked for by `products`, in `out` if that is given."""
    if not _converting or a.device.type != "cpu":
        return torch.mm(a, b, out=out)
    rounded = a.bfloat16() @ b.bfloat16()
    return rounded.float() if out is None else out.copy_(rounded)


def threads(count: int | None) -> None:
    """Sets torch's threads; None for as many as the process had before this was first called.

    The number is fixed for each model, because it decides the last bits of a sum: the same run then gives the same
    numbers on the command line, in the app and side by side with others.
    """
    usual = _usual()
    if torch.get_num_threads() != (count or usual):
        torch.set_num_threads(count or usual)


@cache
def _usual() -> int:
    return torch.get_num_threads()
