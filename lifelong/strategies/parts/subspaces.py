"""Subspaces of a layer's inputs that earlier tasks use: DualGPM (Liang and Li 2023)."""

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from ...data.scenarios import Task
from .state import Stored

NOISE = 1e-12  # share of the energy below which a direction is rounding, not input


class Subspaces(Stored):
    """For each layer, an orthonormal basis of the inputs of earlier tasks, or of what is orthogonal
    to them, whichever has fewer vectors.

    A moment, an argument of the methods, is the mean of h h' over the inputs h of a layer, (d, d).
    As in the authors' program a direction's energy is the square of the moment's singular value.
    widths: d of each layer. bases: (d, vectors) of each. complement: whether a basis spans what is
    orthogonal to the inputs.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self.widths = tuple(widths)
        self.bases = [torch.zeros(width, 0) for width in widths]
        self.complement = [False] * len(self.widths)

    def unused(self, layer: int, moment: Tensor) -> Tensor:
        """Returns the part of a moment (d, d) that is orthogonal to the inputs of earlier tasks."""
        basis = self.bases[layer].to(moment.dtype)
        inside = basis @ (basis.T @ moment)
        return inside if self.complement[layer] else moment - inside

    def directions(self, layer: int, moment: Tensor, count: int) -> Tensor:
        """Returns the strongest unused directions of a moment, orthonormal rows (count, d).

        Rows beyond the rank of the unused part are zero.
        """
        energies, vectors = _principal(self.unused(layer, moment))
        chosen = vectors[:, :count] * (energies[:count] > NOISE * moment.square().sum())
        rows = torch.zeros(count, len(moment), dtype=moment.dtype, device=moment.device)
        rows[: chosen.shape[1]] = chosen.T
        return rows.float()

    def add(self, layer: int, moment: Tensor, threshold: float) -> None:
        """Adds the fewest directions with which the share `threshold` of a moment's energy is
        inside (equations 5 and 9 of gradient projection memory).
        """
        total = moment.square().sum()
        energies, vectors = _principal(self.unused(layer, moment))
        energies = energies.where(energies > NOISE * total, 0)
        inside = total - energies.sum() + energies.cumsum(0)
        # Before a direction is added, less than the share is inside.
        before = torch.cat([total[None] - energies.sum(), inside[:-1]])
        count = int(((before < threshold * total) & (energies > 0)).sum())
        self._set(layer, torch.cat([self.basis(layer), vectors[:, :count].float()], 1))

    def basis(self, layer: int) -> Tensor:
        """Returns an orthonormal basis of the inputs of earlier tasks, (d, vectors)."""
        basis = self.bases[layer]
        return _orthogonal_to(basis) if self.complement[layer] else basis

    def _set(self, layer: int, basis: Tensor) -> None:
        """Stores a subspace, given by a basis (d, vectors) of it."""
        self.complement[layer] = 2 * basis.shape[1] > len(basis)
        self.bases[layer] = _orthogonal_to(basis) if self.complement[layer] else basis

    def to(self, device: torch.device) -> Self:
        self.bases = [basis.to(device) for basis in self.bases]
        return self

    def tensors(self) -> dict[str, Tensor]:
        counts = [[basis.shape[1], c] for basis, c in zip(self.bases, self.complement)]
        none = self.bases[0].new_zeros(0) if self.bases else torch.zeros(0)
        return {
            "subspaces.bases": torch.cat([*map(torch.flatten, self.bases), none]),
            "subspaces.counts": torch.tensor(counts, dtype=torch.int64).reshape(-1, 2),
        }

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        counts = tensors["subspaces.counts"].tolist()
        sizes = [width * count for width, (count, _complement) in zip(self.widths, counts)]
        parts = tensors["subspaces.bases"].split(sizes)
        self.bases = [part.view(width, -1) for width, part in zip(self.widths, parts)]
        self.complement = [bool(complement) for _count, complement in counts]

    def expected_storage(self, tasks: Sequence[Task]) -> int:
        return sum(4 * width * width for width in self.widths)

    def storage(self) -> dict[str, int]:
        return {"statistics": sum(basis.nbytes for basis in self.bases)}


def _principal(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the squared singular values (d,), falling, and the left singular vectors (d, d)."""
    squares, vectors = torch.linalg.eigh(matrix @ matrix.T)
    return squares.flip(0).clamp(min=0), vectors.flip(1)


def _orthogonal_to(basis: Tensor) -> Tensor:
    """Returns an orthonormal basis of what is orthogonal to a basis (d, vectors)."""
    return torch.linalg.qr(basis.double(), mode="complete")[0][:, basis.shape[1] :].float()
