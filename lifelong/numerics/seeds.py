"""Independent random generators from one seed: what one of them is used for never moves another."""

import hashlib

import torch


def generator(seed: int, *purpose: object) -> torch.Generator:
    """A generator for one purpose, such as (seed, "order", task); the same each time it is asked
    for.
    """
    digest = hashlib.sha256(repr((seed, *purpose)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
