"""Small encoding of the change of tensors: matrices as products of bytes, others as half precision.

Within a few steps of training a weight matrix changes along few directions: a product of two narrow
matrices is close to the change and takes a tenth of the bytes. Entries of the two are rounded to
whole numbers; another product encodes what the first ones left over. `encode_within` has a single
product of as many columns as fit into a number of bytes.
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
MOST_COLUMNS = 96  # of the two factors of a change in `encode_within`


def encode(before: dict[str, Tensor], after: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns tensors by name from which `decode` makes `after`, nearly, given `before`."""
    encoded: dict[str, Tensor] = {}
    for name, tensor in after.items():
        for part, value in _encoded(before.get(name), tensor.detach().cpu()).items():
            encoded[f"{name}/{part}"] = value.contiguous()
    return encoded


def encode_within(
    before: dict[str, Tensor], after: dict[str, Tensor], nbytes: int
) -> dict[str, Tensor]:
    """Returns tensors by name from which `decode` makes `after`, nearly, given `before`, where all
    changes of matrices take at most so many bytes.

    Each change is a product of two matrices of bytes, from its largest singular values; a column
    goes where it explains most of the squared change for its bytes. A matrix that `before` does not
    have is stored as bytes, with a scale for each row, and everything else in half precision.
    """
    encoded: dict[str, Tensor] = {}
    factors: dict[str, tuple[Tensor, Tensor, Tensor]] = {}
    for name, tensor in after.items():
        known = before.get(name)
        if known is None or known.shape != tensor.shape or not tensor.is_floating_point():
            for part, value in _own(tensor).items():
                encoded[f"{name}/{part}"] = value
        elif min(_matrix(tensor).shape) < NARROWEST:
            encoded[f"{name}/added"] = (tensor - known).half()
        else:
            factors[name] = _singular(_matrix(tensor.float() - known.float()))
    for name, rank in _ranks(factors, nbytes).items():
        u, values, v = factors[name]
        roots = values[:rank].sqrt()
        left, left_scale = _bytes(u[:, :rank] * roots)
        right, right_scale = _bytes(v[:, :rank] * roots)
        parts = {"left": left, "right": right, "scale": left_scale * right_scale}
        encoded |= {f"{name}/{part}": value for part, value in parts.items()}
    return {key: value.contiguous() for key, value in encoded.items()}


def _own(tensor: Tensor) -> dict[str, Tensor]:
    """Returns the parts of a tensor that is no change of another one."""
    if not tensor.is_floating_point() or tensor.dim() != 2 or min(tensor.shape) < NARROWEST:
        return {"whole": tensor.half() if tensor.is_floating_point() else tensor.clone()}
    rows, scale = _bytes(tensor.float().T)
    return {"bytes": rows.T, "row_scale": scale}


def _matrix(tensor: Tensor) -> Tensor:
    return tensor.flatten(1) if tensor.dim() > 1 else tensor[None]


def _singular(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the first MOST_COLUMNS left singular vectors, values and right singular vectors."""
    with torch.random.fork_rng(devices=[]):  # the same random directions each time
        torch.default_generator.manual_seed(0)
        size = min(MOST_COLUMNS + OVERSAMPLING, *matrix.shape)
        u, values, v = torch.svd_lowrank(matrix, q=size, niter=3)
    return u[:, :MOST_COLUMNS], values[:MOST_COLUMNS], v[:, :MOST_COLUMNS]


def _ranks(factors: dict[str, tuple[Tensor, Tensor, Tensor]], nbytes: int) -> dict[str, int]:
    """Returns the number of columns of each change, at least one."""
    ranks, gains = dict.fromkeys(factors, 1), []
    for name, (u, values, v) in factors.items():
        cost = len(u) + len(v) + 4
        nbytes -= cost
        gains += [(float(value) ** 2 / cost, cost, name) for value in values[1:]]
    for _gain, cost, name in sorted(gains, reverse=True):
        if nbytes < cost:
            break
        ranks[name], nbytes = ranks[name] + 1, nbytes - cost
    return ranks


def decode(before: dict[str, Tensor], encoded: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the state that `encode` or `encode_within` was given as `after`, nearly.

    Raises KeyError, ValueError or RuntimeError if `before` is of another model.
    """
    after = dict(before)
    for key, value in encoded.items():
        name, part = key.rsplit("/", 1)
        if part == "whole":
            after[name] = value
        elif part == "added":
            after[name] = before[name] + value.to(before[name].dtype)
        elif part == "bytes":
            after[name] = value.float() * encoded[f"{name}/row_scale"][:, None]
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
