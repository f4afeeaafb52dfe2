"""Laws of the subspaces of inputs that earlier tasks use."""

import pytest
import torch
from torch import Tensor

from lifelong.strategies.parts.subspaces import Subspaces

WIDTH = 12


def moment(rank: int, seed: int = 0) -> Tensor:
    """The moment of inputs that span so many dimensions, of falling energy."""
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=generator).double())[0]
    values = 0.5 ** torch.arange(WIDTH).double() * (torch.arange(WIDTH) < rank)
    return vectors @ values.diag() @ vectors.T


def share_inside(basis: Tensor, of: Tensor) -> float:
    inside = basis.double() @ (basis.double().T @ of)
    return float(inside.square().sum() / of.square().sum())


def is_orthonormal(basis: Tensor) -> bool:
    return torch.allclose(basis.T @ basis, torch.eye(basis.shape[1]), atol=1e-5)


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("tasks", [1, 2, 4])
def test_the_fewest_directions_are_added_that_reach_the_threshold(threshold, tasks):
    past = Subspaces([WIDTH])
    for task in range(tasks):
        known = past.basis(0)
        past.add(0, moment(6, seed=task), threshold)
        basis = past.basis(0)
        assert is_orthonormal(basis) and share_inside(basis, moment(6, task)) >= threshold - 1e-6
        assert torch.allclose(basis @ (basis.T @ known), known, atol=1e-5), "nothing is given up"
        added = basis.shape[1] - known.shape[1]
        if added:
            unused = moment(6, task) - (known @ known.T).double() @ moment(6, task)
            strongest = torch.linalg.svd(unused)[0][:, : added - 1].float()
            fewer = torch.cat([known, strongest], 1)
            assert share_inside(fewer, moment(6, task)) < threshold


def test_what_is_inside_already_adds_nothing():
    past = Subspaces([WIDTH])
    for _ in range(2):
        past.add(0, moment(4), 1.0)
        assert past.basis(0).shape[1] == 4


@pytest.mark.parametrize("rank", [3, 6, 7, 11, 12])
def test_the_smaller_of_a_subspace_and_its_complement_is_stored(rank):
    past = Subspaces([WIDTH, 5])
    past.add(0, moment(rank), 1.0)
    assert past.basis(0).shape == (WIDTH, rank)
    assert past.complement == [rank > 6, False]
    assert past.storage() == {"statistics": 4 * WIDTH * min(rank, WIDTH - rank)}
    other = moment(WIDTH, seed=5)
    basis = past.basis(0).double()
    torch.testing.assert_close(
        past.unused(0, other), other - basis @ (basis.T @ other), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("rank", [3, 9])
def test_directions_are_orthonormal_unused_and_the_strongest(rank):
    past = Subspaces([WIDTH])
    past.add(0, moment(rank), 1.0)
    rows = past.directions(0, moment(WIDTH, seed=1), 2)
    assert rows.shape == (2, WIDTH) and is_orthonormal(rows.T)
    assert (rows @ past.basis(0)).abs().max() < 1e-5
    unused = past.unused(0, moment(WIDTH, seed=1))
    strongest = torch.linalg.svd(unused)[1][:2].square().sum()
    assert (rows.double() @ unused).square().sum() == pytest.approx(float(strongest), rel=1e-5)


def test_where_no_direction_is_left_the_rows_are_zero():
    past = Subspaces([WIDTH])
    past.add(0, moment(10), 1.0)
    rows = past.directions(0, moment(WIDTH, seed=2), 4)
    assert [bool(row.any()) for row in rows] == [True, True, False, False]
    past.add(0, moment(WIDTH, seed=2), 1.0)
    assert not past.directions(0, moment(WIDTH, seed=3), 4).any()


def test_they_go_through_a_checkpoint_to_the_bit():
    past, other = Subspaces([WIDTH, WIDTH, 3]), Subspaces([WIDTH, WIDTH, 3])
    past.add(0, moment(3), 1.0)
    past.add(1, moment(9), 1.0)
    other.load_tensors(past.tensors())
    assert other.complement == past.complement == [False, True, False]
    assert all(map(torch.equal, other.bases, past.bases))
