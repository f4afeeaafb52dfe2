"""Counts the multiply-accumulate operations of what is computed within a block.

Counted are matrix products, convolutions and the solution of linear equations, by the formulas of
`torch.utils.flop_counter`, from the shapes alone: two of its floating-point operations are one
multiply-accumulate operation. All else, such as activations, the optimiser's step, penalties and
sums over weights, is not; in networks of this size it is a few percent.
"""

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

T = TypeVar("T")
_aten = torch.ops.aten
_current: ContextVar["OperationCounter | None"] = ContextVar("operations", default=None)


def _product(a: torch.Tensor, b: torch.Tensor, *_args: Any, **_options: Any) -> int:
    return 2 * a.numel() * b.shape[-1]


def _add_product(_total: torch.Tensor, *factors: torch.Tensor, **options: Any) -> int:
    return _product(*factors, **options)


def _cholesky(matrix: torch.Tensor, *_args: Any, **_options: Any) -> int:
    return matrix.shape[-1] ** 3 // 3


def _cholesky_solve(right: torch.Tensor, factor: torch.Tensor, *_args: Any, **_options: Any) -> int:
    return 2 * factor.shape[-1] ** 2 * right.shape[-1]


# The library has no formula for products in place, of bytes and with a vector, nor for equations,
# and those for the most frequent products take 30 microseconds.
_FLOPS: dict[Any, Callable[..., int]] = {
    **flop_registry,
    **dict.fromkeys((_aten.mm, _aten.bmm, getattr(_aten, "_int_mm")), _product),  # noqa: B009
    **dict.fromkeys((_aten.addmm, _aten.addmm_, _aten.baddbmm, _aten.baddbmm_), _add_product),
    _aten.mv: lambda matrix, *_args, **_options: 2 * matrix.numel(),
    _aten.addmv: lambda _total, matrix, *_args, **_options: 2 * matrix.numel(),
    _aten.linalg_cholesky_ex: _cholesky,
    _aten.cholesky_solve: _cholesky_solve,
}


class OperationCounter(TorchDispatchMode):
    """Counter of the multiply-accumulate operations within its block, `total`.

    Other threads are not counted, but see `cores.run_two_threaded`. Each operation takes some
    microseconds longer; its result has the same bits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # torch would import its compiler, 800 modules in 0.7 s, only to say that it is not used.
        return False

    @property
    def total(self) -> int:
        """Multiply-accumulate operations so far."""
        return self.flops // 2

    def __enter__(self) -> "OperationCounter":
        self._token = _current.set(self)
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        _current.reset(self._token)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        flops = _FLOPS.get(func.overloadpacket)
        if flops is not None:
            self.flops += int(flops(*args, **(kwargs or {}), out_val=out))
        return out


def current() -> OperationCounter | None:
    """Returns the counter of this thread's innermost block, None outside of one."""
    return _current.get()


def sampled(items: Sequence[T], size: Callable[[T], int] = lambda _item: 1) -> Iterator[T]:
    """Yields the items of a loop; only the first pass is counted operation by operation.

    Each other pass counts as much, in proportion to the size of its item. For loops of many
    operations, which the counter would slow down by some percent.
    """
    counter, before = _current.get(), 0
    for item in items[:1]:
        before = counter.flops if counter else 0
        yield item
    if counter is None:
        yield from items[1:]
    elif len(items) > 1:
        first = counter.flops - before
        counter.__exit__(None, None, None)
        try:
            yield from items[1:]
        finally:
            counter.__enter__()
        counter.flops += first * sum(map(size, items[1:])) // size(items[0])


def count(job: Callable[[], object]) -> int:
    """Runs a job, perhaps in another thread, and returns its floating-point operations."""
    with OperationCounter() as counter:
        job()
    return counter.flops
