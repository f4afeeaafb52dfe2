"""Matrix products in fp32 or bf16, and a second thread for the large ones of a small network.

A bf16 product rounds its factors to 8 significant bits and adds up in single precision. Whether it
saves time depends on the processor: with tiles (AMX) a product is three times as fast, with
AVX-512's instructions twice, with neither it gains nothing. (ResNet-50 on 2 cores of an EPYC with
AVX-512: 138 images a second trained, not 65; 499 inferred, not 264.) torch uses tiles by itself for
fp32 tensors, the instructions only for bf16 tensors, so `matmul` converts its factors, and its
result is rounded, too. GPUs that know bf16 are made for it.

A run of a small network has one thread, so that as many runs as there are cores go side by side.
Its large products are cut into parts all the same, of which a second thread takes some: that
changes no bit, and a run that is alone uses both cores.
"""

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from . import cores
from .hardware import has_cpu_feature

LARGE = 10**8  # multiplications of a product that is worth a second thread: half a millisecond
EXACT = 1000  # products of integers up to 127 whose sum is exact in single precision
STRIP = 400  # columns of a part of a symmetric matrix


@contextlib.contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Within it, matrix products of fp32 tensors have this precision, 'fp32' or 'bf16'.

    For 'bf16' a GPU takes TF32, which keeps 10 bits instead of 7 and is as fast where it matters.
    The setting is the process's, so other threads wait until it is restored.
    """
    with _precision_lock:
        yield from _matmul_precision(precision)


def _matmul_precision(precision: str) -> Iterator[None]:
    global _converts
    has_instructions_only = has_cpu_feature("avx512_bf16") and not has_cpu_feature("amx_bf16")
    converted, _converts = _converts, precision == "bf16" and has_instructions_only
    # torch declares no type for the settings of mkldnn.
    mkldnn: Any = torch.backends.mkldnn
    coarse = {mkldnn.matmul: "bf16", torch.backends.cuda.matmul: "tf32"}
    before = {backend: backend.fp32_precision for backend in coarse}
    for backend, name in coarse.items():
        backend.fp32_precision = name if precision == "bf16" else "ieee"
    try:
        yield
    finally:
        _converts = converted
        for backend, name in before.items():
            backend.fp32_precision = name


_precision_lock = threading.RLock()  # within one thread `matmul_precision` may be nested
_converts = False  # whether `matmul` converts its factors; set by `matmul_precision`


def matmul(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    """Returns the product of two matrices in single precision, in `out` if that is given.

    The factors are rounded as `matmul_precision` says. A large product is computed in two halves,
    side by side; torch does not differentiate it.
    """
    if a.device.type != "cpu" or torch.get_num_threads() > 1 or len(a) * b.numel() < LARGE:
        return _matmul(a, b, out)
    product = torch.empty(len(a), b.shape[1]) if out is None else out
    b, half = to_matmul_dtype(b), len(a) // 2
    halves = slice(half), slice(half, None)
    cores.run_two_threaded([partial(_matmul, a[rows], b, product[rows]) for rows in halves])
    return product


def _matmul(a: Tensor, b: Tensor, out: Tensor | None) -> Tensor:
    a, b = to_matmul_dtype(a), to_matmul_dtype(b)
    if a.dtype != torch.bfloat16:
        return torch.mm(a, b, out=out)
    product = a @ b
    return product.float() if out is None else out.copy_(product)


def to_matmul_dtype(factor: Tensor) -> Tensor:
    """Returns a factor as `matmul` rounds it, so that one of several products is rounded once."""
    return factor.bfloat16() if _converts and factor.device.type == "cpu" else factor


def add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    """Adds aᵀ b to total, double precision (d, e), in place; a (n, d), b (n, e).

    For integers from -127 to 127, given as int8, it is exact: a sum of EXACT such products is exact
    in single precision.
    """
    if a.dtype != torch.int8:
        total.addmm_(a.T, b)
    elif a.device.type == "cpu" and (
        has_cpu_feature("avx512_vnni") or has_cpu_feature("amx_int8")
    ):  # at least three times as fast
        total += torch._int_mm(a.T, b)
    else:
        for some, others in zip(a.split(EXACT), b.split(EXACT)):
            total += some.T.float() @ others.float()


def add_symmetric(total: Tensor, a: Tensor, b: Tensor) -> None:
    """Adds aᵀ b, which must be symmetric, to total (d, d): only on and below the diagonal."""
    strips = [slice(start, start + STRIP) for start in range(0, len(total), STRIP)]
    cores.run_two_threaded(
        [
            partial(add_product, total[strip.start :, strip], a[:, strip.start :], b[:, strip])
            for strip in strips
        ]
    )
