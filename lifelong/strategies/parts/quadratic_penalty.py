"""Gradient of a quadratic penalty, which EWC, SI and MAS have in common."""

from collections.abc import Iterator

from torch import Tensor

from ...numerics import cores

# Numbers of a block: results computed from them are still in the processor's cache when used.
BLOCK = 65_536


def cache_blocks(*vectors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yields blocks of the vectors (p,) as views, so that several operations in a row stay in the
    processor's cache; those of single elements only, as a second core takes part in them.
    """
    with cores.second_core():
        yield from zip(*(vector.split(BLOCK) for vector in vectors))


def add_penalty_gradient(
    gradient: Tensor, stiffness: Tensor, weights: Tensor, anchor: Tensor, strength: float
) -> None:
    """Adds to the gradient that of the penalty strength/2 Σ stiffness (weights - anchor)².

    That is strength · stiffness · (weights - anchor); all vectors are (p,).
    """
    for g, k, w, a in cache_blocks(gradient, stiffness, weights, anchor):
        g.addcmul_(k, w - a, value=strength)
