"""How this machine computes: where, in which precision and with how many threads, chosen so that a
run can be repeated.

A bfloat16 product rounds its inputs to 8 significant bits and adds up in single precision. Whether
that gains time is a
question to the processor: with tiles (AMX) a product is three times as fast, with AVX-512's
instructions twice, with neither it gains nothing. (ResNet-50 on 2 cores of an EPYC with AVX-512:
138 images a second learned from in place of 65, 499 answered in place of 264.) Tiles are used
behind torch's back; the instructions only for tensors that are bfloat16 already, so `product`
converts them, and its result is rounded, too. Graphics cards that know bfloat16 are made for it.

A run of a small network has one thread, so that as many runs as there are cores go side by side.
What is large in it is cut into parts all the same, and a second thread takes some of them: it
changes no bit, and a run that is alone has both cores.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from .hardware import has_cpu_feature

LARGE = 10**8  # multiplications in a product that is worth a second thread: half a millisecond
EXACT = 1000  # products of whole numbers up to 127 whose sum single precision holds exactly
STRIP = 400  # columns at once of a symmetric matrix


@contextlib.contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Within it, single-precision matrix products are computed in this precision, 'fp32' or 'bf16';
    for the latter, a card takes TF32, which keeps 10 bits in place of 7 and is as quick where it
    counts.

    The choice is the whole process's, so threads that answer take turns: none puts back what it
    found in the middle of another's.
    """
    with _one_at_a_time:
        yield from _matmul_precision(precision)


def _matmul_precision(precision: str) -> Iterator[None]:
    global _converting
    converted, _converting = (
        _converting,
        precision == "bf16" and has_cpu_feature("avx512_bf16") and not has_cpu_feature("amx_bf16"),
    )
    # torch declares no type for the settings of mkldnn.
    mkldnn: Any = torch.backends.mkldnn
    coarse = {mkldnn.matmul: "bf16", torch.backends.cuda.matmul: "tf32"}
    before = {backend: backend.fp32_precision for backend in coarse}
    for backend, name in coarse.items():
        backend.fp32_precision = name if precision == "bf16" else "ieee"
    try:
        yield
    finally:
        _converting = converted
        for backend, name in before.items():
            backend.fp32_precision = name


_one_at_a_time = threading.RLock()  # within one thread they may be nested
_cores_busy = False
_converting = False  # whether `product` converts its factors; set by `products`


def matmul(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    """The matrix product, in single precision, of two matrices in the precision asked for by
    `products`; in `out` if that is given.

    A large one is computed in two halves, side by side; torch does not differentiate it.
    """
    if a.device.type != "cpu" or len(a) * b.numel() < LARGE or torch.get_num_threads() > 1:
        return _matmul(a, b, out)
    made = torch.empty(len(a), b.shape[1]) if out is None else out
    b, half = to_matmul_dtype(b), len(a) // 2
    run_two_threaded(
        [partial(_matmul, a[part], b, made[part]) for part in (slice(half), slice(half, None))]
    )
    return made


def _matmul(a: Tensor, b: Tensor, out: Tensor | None) -> Tensor:
    a, b = to_matmul_dtype(a), to_matmul_dtype(b)
    if a.dtype != torch.bfloat16:
        return torch.mm(a, b, out=out)
    made = a @ b
    return made.float() if out is None else out.copy_(made)


def to_matmul_dtype(factor: Tensor) -> Tensor:
    """As `product` takes it: what is a factor of several products needs to be rounded but once."""
    return factor.bfloat16() if _converting and factor.device.type == "cpu" else factor


def add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    """Adds a' b to total, double precision (d, e), in place; a (n, d), b (n, e).

    Of whole numbers from -127 to 127, given as int8, it is exact: in single precision every sum of
    EXACT such products is.
    """
    if a.dtype != torch.int8:
        total.addmm_(a.T, b)
    elif a.device.type == "cpu" and (
        has_cpu_feature("avx512_vnni") or has_cpu_feature("amx_int8")
    ):  # made for it: three times as fast, and more
        total += torch._int_mm(a.T, b)
    else:
        for some, others in zip(a.split(EXACT), b.split(EXACT)):
            total += some.T.float() @ others.float()


def add_symmetric(total: Tensor, a: Tensor, b: Tensor) -> None:
    """The same where a' b is known to be symmetric: adds only what lies on and below the diagonal
    of total (d, d), side by side.
    """
    strips = [slice(start, start + STRIP) for start in range(0, len(total), STRIP)]
    run_two_threaded(
        [
            partial(add_product, total[strip.start :, strip], a[:, strip.start :], b[:, strip])
            for strip in strips
        ]
    )


def run_two_threaded(jobs: Sequence[Callable[[], object]]) -> None:
    """Does all of these: where torch works with one thread and no other process wants the cores, a
    second one takes its share.

    What they compute is the same whoever does them, so a run has the same bits beside others.
    """
    left = iter(jobs)  # both take from it
    if _cores_busy or torch.get_num_threads() > 1:
        return _run_jobs(left)
    other = _second_thread().submit(_run_jobs, left)
    try:
        _run_jobs(left)
    finally:
        if (
            not other.cancel()
        ):  # not begun, because that thread is at another's jobs: all is done already
            other.result()


def set_cores_busy(yes: bool = True) -> None:
    """Says that as many processes compute here as there are cores, or that they no longer do: a
    second thread would be in their way.
    """
    global _cores_busy
    _cores_busy = yes


def _run_jobs(left: Iterator[Callable[[], object]]) -> None:
    for job in left:
        job()


@cache
def _second_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "products", initializer=_as_the_first)


def _as_the_first() -> None:
    """These belong to a thread: how many more it has, whether gradients are kept, and that numbers
    next to nothing count as zero.
    """
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.set_flush_denormal(True)
