"""Stand-in for a GPU: its tensors are computed by the CPU but refuse to be mixed with CPU tensors.

Its device is torch's `meta`, which has a name but no memory; its tensors store their values in a
CPU tensor. It refuses what a GPU refuses: tensors on two devices in one operation, and a random
number generator of the CPU.
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
# Torch's modules take a meta tensor for one without values; those of the stand-in have some.
KNOWN_WARNING = "ignore:.*copying from a non-meta parameter"
ACROSS = {aten.copy_.default, aten._to_copy.default}  # copies from one device to the other
INDEXED = {
    aten.index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
}  # a GPU accepts indices on any device


class OnGpu(Tensor):
    """Tensor on the stand-in GPU; `values_on_cpu` has its numbers."""

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
        return f"on the GPU: {self.values_on_cpu}"


class FakeGpu(TorchDispatchMode):
    """Dispatch mode in which the stand-in GPU exists."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return _computed(function, args, kwargs or {})


@contextlib.contextmanager
def machine_with_gpu():
    """Simulates a machine with a GPU that all training uses."""
    with pytest.MonkeyPatch.context() as machine, FakeGpu():
        machine.setattr(hardware, "device", lambda wanted, deep: "cuda")
        machine.setattr(
            hardware,
            "torch_device",
            lambda device: GPU if device == "cuda" else torch.device(device),
        )
        machine.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
        machine.setattr(torch.cuda, "synchronize", lambda: None)
        machine.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
        machine.setattr(torch.cuda, "max_memory_allocated", lambda: 1)
        machine.setattr(torch.cuda, "mem_get_info", lambda: (10**12, 10**12))
        machine.setattr(
            sys.modules["torch.optim.optimizer"],
            "_get_fused_kernels_supported_devices",
            lambda: [GPU.type],
        )
        yield


def _computed(function, args: tuple, kwargs: dict):
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    on_gpu = any(isinstance(tensor, OnGpu) for tensor in tensors)
    device = kwargs.get("device")
    goes_there = on_gpu if device is None else torch.device(device) == GPU
    if on_gpu and function not in ACROSS:
        _refuse_others(function, args, tensors)
    if goes_there and kwargs.get("generator") is not None:
        raise RuntimeError(f"{function}: the GPU was given a generator of the CPU")
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
    ):  # scalars are accepted on any device
        shapes = [("gpu" if isinstance(t, OnGpu) else "cpu", tuple(t.shape)) for t in tensors]
        raise RuntimeError(f"{function}: tensors on two devices, {shapes}")


def _plain(value):
    return value.values_on_cpu if isinstance(value, OnGpu) else value
