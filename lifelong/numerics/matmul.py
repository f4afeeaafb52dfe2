"""Matrix products in fp32 or bf16, by two threads where a core is free and the bits are the same.

A bf16 product rounds its factors to 8 significant bits and adds up in single precision. Whether it
saves time depends on the processor: with tiles (AMX) a product is three times as fast, with
AVX-512's instructions twice, with neither it gains nothing. (ResNet-50 on 2 cores of an EPYC with
AVX-512: 138 images a second trained, not 65; 499 inferred, not 264.) torch uses tiles by itself for
fp32 tensors, the instructions only for bf16 tensors, so `matmul` converts its factors, and its
result is rounded, too. GPUs that know bf16 are made for it.

Two threads share the rows or columns of most products, which leaves each number as it is, but may
share the sums of a deep one. So before a product of some shapes is computed by two threads for the
first time, it is compared to the bit with that of one.
"""

import contextlib
import threading
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor

from . import cores, operations
from .hardware import has_cpu_feature, threads

LARGE = 4 * 10**6  # multiplications of a product that is worth a second thread
Layout = tuple[torch.Size, tuple[int, ...]]  # sizes and strides
SHAPES = 1000  # kept of products that were compared
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
    global _converts, _precision
    has_instructions_only = has_cpu_feature("avx512_bf16") and not has_cpu_feature("amx_bf16")
    named, _precision = _precision, precision
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
        _converts, _precision = converted, named
        for backend, name in before.items():
            backend.fp32_precision = name


_precision_lock = threading.RLock()  # within one thread `matmul_precision` may be nested
_precision = "fp32"  # set by `matmul_precision`
_converts = False  # whether `matmul` converts its factors; set by `matmul_precision`


def matmul(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    """Returns the product of two matrices in single precision, in `out` if that is given.

    The factors are rounded as `matmul_precision` says.
    """
    a, b = to_matmul_dtype(a), to_matmul_dtype(b)
    if not cores.is_free() or a.device.type != "cpu" or len(a) * b.numel() < LARGE:
        return _product(a, b, out)
    if not _has_same_bits(_layout(a), _layout(b), a.dtype, _precision):
        return _product(a, b, out)
    with cores.second_core():
        return _product(a, b, out)


def _product(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    if a.dtype != torch.bfloat16:
        return torch.mm(a, b, out=out)
    product = a @ b
    return product.float() if out is None else out.copy_(product)


def _random(layout: Layout, generator: torch.Generator) -> Tensor:
    shape, strides = layout
    numbers = 1 + sum((size - 1) * stride for size, stride in zip(shape, strides))
    return torch.empty(numbers).uniform_(-1, 1, generator=generator).as_strided(shape, strides)


def _layout(matrix: Tensor) -> tuple[torch.Size, tuple[int, ...]]:
    return matrix.shape, matrix.stride()


@lru_cache(SHAPES)
def _has_same_bits(a: Layout, b: Layout, dtype: torch.dtype, _of: str) -> bool:
    """Returns whether two threads compute each number of a product in the order of one thread."""
    generator = torch.Generator().manual_seed(0)
    left, right = (_random(layout, generator).to(dtype) for layout in (a, b))
    counter = operations.current()
    flops = counter.flops if counter else 0
    alone = _product(left, right)
    with threads(2):  # even if another thread of this process has begun to need the core
        same = torch.equal(_product(left, right), alone)
    if counter:
        counter.flops = flops
    return same


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
