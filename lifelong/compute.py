"""How this machine computes: precision of matrix products and number of threads, chosen so that a run can be repeated.

A bfloat16 product rounds its inputs to 8 significant bits and adds up in single precision. Processors with tile
instructions (AMX) do it three times as fast; others gain nothing, so the processor is asked.
"""

import contextlib
from collections.abc import Iterator
from functools import cache

import torch


def precision(wanted: str) -> str:
    """'bf16' or 'fp32': as wanted, or for 'auto' bf16 where the processor has tiles for it."""
    if wanted != "auto":
        return wanted
    return "bf16" if torch.cpu.get_capabilities().get("amx_bf16") else "fp32"


@contextlib.contextmanager
def products(precision: str) -> Iterator[None]:
    """Within it, single-precision matrix products are computed in this precision, 'fp32' or 'bf16'."""
    matmul = torch.backends.mkldnn.matmul
    before = matmul.fp32_precision
    matmul.fp32_precision = "bf16" if precision == "bf16" else "ieee"
    try:
        yield
    finally:
        matmul.fp32_precision = before


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
