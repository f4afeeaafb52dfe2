"""A stand-in for a graphics card: tensors "on" it are computed by the processor, but may not be
mixed with others.

Its device is torch's `meta`, which has a name but no memory; here its tensors hold their numbers in
one of the processor's.
What a card refuses is refused: tensors on two devices in one operation, and a generator of the
processor's random numbers.
"""

import contextlib
import sys

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map

from lifelong.numerics import hardware

GPU = torch.device("meta")
aten = torch.ops.aten
# It has no numbers of its own to copy to, as far as torch's modules know; the stand-in's tensors
# have.
KNOWN_WARNING = "ignore:.*copying from a non-meta parameter"
ACROSS = {
    aten.copy_.default,
    aten._to_copy.default,
}  # they are how tensors get from one device to the other
INDEXED = {
    aten.index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
}  # a card takes positions from anywhere


class OnGpu(Tensor):
    """A tensor on the card; `values_on_cpu` has its numbers."""

    values_on_cpu: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, values: Tensor) -> "OnGpu":
        layout = {
            "strides": values.stride(),
            "storage_offset": values.storage_offset(),
            "dtype": values.dtype,
        }
        tensor = torch.Tensor._make_wrapper_subclass(cls, values.size(), device=GPU, **layout)
        tensor.values_on_cpu = values
        return tensor

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return _computed(function, args, kwargs or {})

    def tolist(self) -> list:
        return self.values_on_cpu.tolist()

    def __repr__(self) -> str:
        return f"on the card: {self.values_on_cpu}"


class FakeGpu(TorchDispatchMode):
    """Within it there is a card."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return _computed(function, args, kwargs or {})


@contextlib.contextmanager
def machine_with_gpu():
    """A stand-in for a graphics card, which everything that learns is put on."""
    with pytest.MonkeyPatch.context() as machine, FakeGpu():
        machine.setattr(hardware, "device", lambda wanted, deep: "cuda")
        machine.setattr(
            hardware,
            "torch_device",
            lambda device: GPU if device == "cuda" else torch.device(device),
        )
        machine.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
        machine.setattr(torch.cuda, "synchronize", lambda: None)
        machine.setattr(
            sys.modules["torch.optim.optimizer"],
            "_get_fused_kernels_supported_devices",
            lambda: [GPU.type],
        )
        yield


def _computed(function, args: tuple, kwargs: dict):
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    on_card = any(isinstance(tensor, OnGpu) for tensor in tensors)
    device = kwargs.get("device")
    goes_there = on_card if device is None else torch.device(device) == GPU
    if on_card and function not in ACROSS:
        _refuse_others(function, args, tensors)
    if goes_there and kwargs.get("generator") is not None:
        raise RuntimeError(f"{function}: the card was given a generator of the processor's")
    own = {"device": torch.device("cpu")} if device is not None else {}
    plain_args, plain_kwargs = tree_map(_plain, args), tree_map(_plain, kwargs) | own
    result = function(*plain_args, **plain_kwargs)
    if function is aten.copy_.default:
        return args[0]
    if not goes_there:
        return result
    return return_and_correct_aliasing(
        function, args, kwargs, tree_map(lambda x: OnGpu(x) if isinstance(x, Tensor) else x, result)
    )


def _refuse_others(function, args: tuple, tensors: list[Tensor]) -> None:
    mixed = [args[0], *args[2:3]] if function in INDEXED else tensors
    if any(
        not isinstance(tensor, OnGpu) and tensor.dim() for tensor in mixed
    ):  # single numbers go anywhere
        shapes = [
            ("card" if isinstance(t, OnGpu) else "processor", tuple(t.shape)) for t in tensors
        ]
        raise RuntimeError(f"{function}: tensors on two devices, {shapes}")


def _plain(value):
    return value.values_on_cpu if isinstance(value, OnGpu) else value
