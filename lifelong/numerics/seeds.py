"""Independent random generators from one seed, one for each purpose."""

import hashlib

import torch


def generator(seed: int, *purpose: object) -> torch.Generator:
    """Returns the generator for a purpose, such as (seed, "order", task), from its start."""
    digest = hashlib.sha256(repr((seed, *purpose)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
