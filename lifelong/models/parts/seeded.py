"""Random numbers of layers that draw from torch's global generator."""

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def global_generator(generator: torch.Generator, device: torch.device) -> Iterator[None]:
    """Has layers that draw from torch's global generator draw from another one."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
        yield
