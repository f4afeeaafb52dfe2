"""Small encoding of the change of tensors: matrices as products of bytes, others as half precision.

Within a few steps of training a weight matrix changes along few directions: a product of two narrow
matrices is close to the change and takes a tenth of the bytes. Entries of the two are rounded to
whole numbers; another product encodes what the first ones left over.
"""

import torch
from torch import Tensor

RANK = 8  # columns of the two factors of a product
OVERSAMPLING = 8  # further directions that the search for the best RANK looks at
# Products at most, and the share of the change, in its norm, below which no further one is added.
# Chosen with 52 states of the network 784-400-400-10 within tasks of Split MNIST: at 6 and 0.02 a
# probability differs by at most 0.015, at 6 and 0.1 by 0.075, at 4 and 0.05 by 0.025.
PRODUCTS, TOLERANCE = 6, 0.02
NARROWEST = 2 * RANK  # matrices with fewer rows or columns are not factored
LARGEST = 127  # of a byte


def encode(before: dict[str, Tensor], after: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns tensors by name from which `decode` makes `after`, nearly, given `before`."""
    encoded: dict[str, Tensor] = {}
    for name, tensor in after.items():
        for part, value in _encoded(before.get(name), tensor.detach().cpu()).items():
            encoded[f"{name}/{part}"] = value.contiguous()
    return encoded


def decode(before: dict[str, Tensor], encoded: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the state that `encode` was given as `after`, nearly.

    Raises KeyError, ValueError or RuntimeError if `before` is of another model.
    """
    after = dict(before)
    for key, value in encoded.items():
        name, part = key.rsplit("/", 1)
        if part == "whole":
            after[name] = value
        elif part == "added":
            after[name] = before[name] + value.to(before[name].dtype)
        elif part == "left":
            scale, right = encoded[f"{name}/scale"], encoded[f"{name}/right"]
            change = (value.float() * scale) @ right.float().T
            after[name] = before[name] + change.view_as(before[name]).to(before[name].dtype)
    return after


def _encoded(before: Tensor | None, after: Tensor) -> dict[str, Tensor]:
    if before is None or before.shape != after.shape or not after.is_floating_point():
        return {"whole": after.clone()}
    change = after.float() - before.float()
    matrix = change.flatten(1) if change.dim() > 1 else change[None]
    if min(matrix.shape) >= NARROWEST:
        return _factored(matrix)
    added = change.half()
    return {"added": added} if added.isfinite().all() else {"whole": after.clone()}


def _factored(matrix: Tensor) -> dict[str, Tensor]:
    """Returns bytes left (m, r), right (n, r) and scale (r,): matrix ≈ (left * scale) right'."""
    rest, found = matrix.clone(), []
    for _ in range(PRODUCTS):
        if rest.norm() <= TOLERANCE * matrix.norm():
            break
        left, right, scale = _best_product(rest)
        rest -= (left.float() * scale) @ right.float().T
        found.append((left, right, scale))
    if not found:
        return {}
    lefts, rights, scales = zip(*found)
    return {"left": torch.cat(lefts, 1), "right": torch.cat(rights, 1), "scale": torch.cat(scales)}


def _best_product(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    with torch.random.fork_rng(devices=[]):  # the same random directions each time
        torch.default_generator.manual_seed(0)
        size = min(RANK + OVERSAMPLING, *matrix.shape)
        u, values, v = torch.svd_lowrank(matrix, q=size, niter=4)
    roots = values[:RANK].sqrt()
    left, left_scale = _bytes(u[:, :RANK] * roots)
    right, right_scale = _bytes(v[:, :RANK] * roots)
    return left, right, left_scale * right_scale


def _bytes(columns: Tensor) -> tuple[Tensor, Tensor]:
    """Returns columns (m, r) as bytes, and the scale (r,) that gives them back."""
    scale = columns.abs().amax(0).clamp(min=1e-20) / LARGEST
    return (columns / scale).round_().to(torch.int8), scale
