"""Laws of image deformations: displacements, borders and unchanged images."""

import pytest
import torch

from lifelong.data.augmentation import deform


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, generator=generator(), dtype=torch.uint8)


def displaced(side: int, size: float, count: int = 3000) -> torch.Tensor:
    """Returns how far to the right each pixel was taken from, (count, side, side), in pixels."""
    step = 250 // side
    ramp = (torch.arange(side) * step).to(torch.uint8).expand(count, 1, side, side)
    return ((deform(ramp, size, generator()).float() - ramp) / step)[:, 0]


def test_a_deformation_of_zero_returns_the_images_and_uses_no_random_numbers():
    images, drawing = noise(4, 1, 6, 6), generator()
    before = drawing.get_state()
    assert deform(images, 0.0, drawing) is images
    assert torch.equal(drawing.get_state(), before)


@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (5, 3, 32, 32), (5, 2, 6, 9), (5, 1, 1, 1)])
def test_the_smallest_deformation_leaves_every_pixel_and_any_keeps_shape_and_kind(shape):
    images = noise(*shape)
    assert torch.equal(deform(images, 1e-6, generator()), images)
    bent = deform(images, 0.1, generator())
    assert bent.shape == images.shape and bent.dtype == torch.uint8


def test_no_images_at_all_stay_none():
    assert deform(noise(0, 1, 6, 6), 0.1, generator()).shape == (0, 1, 6, 6)


@pytest.mark.parametrize("side", [20, 28])
def test_displacements_have_the_given_size_at_every_pixel(side):
    size = 0.02
    moved = displaced(side, size)
    middle, quarter = side // 2, side // 4
    bumps = 1.06  # root of the sum of their squares, about the same everywhere
    for x, kinds in (
        (middle, 1 + bumps**2),
        (quarter, 1 + 0.5**2 + bumps**2),
    ):  # of the two coordinates, y is 0 in this row
        spread = moved[:, middle, x].std().item() / side
        assert spread == pytest.approx(size * kinds**0.5, rel=0.08)
        assert abs(moved[:, middle, x].mean().item()) / side < 0.1 * size


def test_neighbours_move_together():
    moved = displaced(28, 0.04)[:, 8:20, 8:20]
    apart = (moved[..., 1:] - moved[..., :-1]).square().mean().sqrt()
    assert apart < 0.4 * moved.square().mean().sqrt()


def test_every_image_has_its_own_deformation_for_all_its_channels():
    same = noise(1, 1, 12, 12).expand(2, 3, 12, 12)
    bent = deform(same, 0.05, generator())
    assert not torch.equal(bent[0], bent[1])
    assert torch.equal(bent[:, 0], bent[:, 1]) and torch.equal(bent[:, 0], bent[:, 2])


def test_a_uniform_area_does_not_change_and_the_border_is_padded_with_black():
    bent = deform(torch.full((200, 1, 28, 28), 200, dtype=torch.uint8), 0.04, generator())
    assert (bent[:, 0, 10:18, 10:18] == 200).all()
    assert (bent <= 200).all() and (bent == 0).any()


def test_the_same_generator_gives_the_same_bits_and_torchs_own_plays_no_part():
    images = noise(8, 1, 10, 10)
    torch.manual_seed(1)
    one = deform(images, 0.05, generator(1))
    torch.manual_seed(2)
    assert torch.equal(one, deform(images, 0.05, generator(1)))
    assert not torch.equal(one, deform(images, 0.05, generator(2)))
