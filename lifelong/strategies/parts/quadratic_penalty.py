"""The pull of a quadratic penalty, what EWC, SI and MAS have in common."""

from collections.abc import Iterator

from torch import Tensor

# numbers at once: what is computed from them is still in the processor's cache when it is used
BLOCK = 65_536


def cache_blocks(*vectors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The vectors (p,), piece by piece, as views: what a step does to them in turn, it does to each
    piece in turn.
    """
    return zip(*(vector.split(BLOCK) for vector in vectors))


def add_penalty_gradient(
    gradient: Tensor, stiffness: Tensor, weights: Tensor, anchor: Tensor, strength: float
) -> None:
    """Adds strength · stiffness · (weights - anchor), the slope of strength/2 Σ stiffness (weights
    - anchor)², to the gradient; all (p,).
    """
    for g, k, w, a in cache_blocks(gradient, stiffness, weights, anchor):
        g.addcmul_(k, w - a, value=strength)
