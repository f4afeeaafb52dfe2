"""Random augmentation of batches of images: elastic deformation, crops and mirror images."""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

BUMPS = 5  # along each side; with 28 pixels their width is the 4 pixels of Simard et al. (2003)


def deform(images: Tensor, size: float, generator: torch.Generator) -> Tensor:
    """Returns the images, the pixels of each displaced by a random smooth field of its own.

    The field is a sum of fixed functions with normal coefficients: a constant (shift), the two
    coordinates (rotation, scale, shear) and Gaussian bumps on a grid, which stand in for the
    smoothed noise of the elastic distortions of Simard, Steinkraus and Platt (2003). Pixels are
    interpolated bilinearly, beyond the border they are 0.
    images and result: uint8 (n, channels, height, width).
    size: standard deviation of each of the three kinds of displacement, of the coordinates' at the
    border, as a share of the image's side. At size 0 the images are returned unchanged and nothing
    is drawn from the generator.
    """
    if not size or not len(images):
        return images
    count, _, height, width = images.shape
    functions = _smooth(height, width, images.device)
    normal = torch.randn(count, 2, len(functions), generator=generator).to(images.device)
    # The side of an image is 2 long: from -1 to 1.
    coefficients = normal * (2 * size)
    # The centres, which are functions 1 and 2, are added by themselves: the product may be in bf16,
    # too coarse for them.
    positions = functions[1:3] + coefficients @ functions
    grid = positions.view(count, 2, height, width).permute(0, 2, 3, 1)
    return F.grid_sample(images.float(), grid, align_corners=False).round_().to(torch.uint8)


def crop_and_flip(images: Tensor, generator: torch.Generator, side: int | None = None) -> Tensor:
    """Returns a random crop of each image, mirrored with a probability of one half.

    The crop is as large as the image, after padding by an eighth of it with 0 (32 of 40 pixels, as
    is usual on CIFAR-10), or has this side.
    images: uint8 (n, channels, height, width); result: the same, or uint8 (n, channels, side,
    side).
    """
    count, _, height, width = images.shape
    margin = (0, 0) if side else (height // 8, width // 8)
    padded = F.pad(images, (margin[1], margin[1], margin[0], margin[0]))
    height, width = (side, side) if side else (height, width)
    top, left = (
        torch.randint(0, available - wanted + 1, (count, 1), generator=generator)
        for available, wanted in zip(padded.shape[2:], (height, width))
    )
    mirrored = torch.randint(0, 2, (count, 1), generator=generator).bool()
    across = torch.arange(width)
    rows, columns = top + torch.arange(height), left + torch.where(mirrored, across.flip(0), across)
    indices = torch.arange(count).view(-1, 1, 1), rows.unsqueeze(2), columns.unsqueeze(1)
    crops = padded.permute(0, 2, 3, 1)[tuple(index.to(images.device) for index in indices)]
    return crops.permute(0, 3, 1, 2)


@cache
def _smooth(height: int, width: int, device: torch.device) -> Tensor:
    """Returns the functions of a displacement at each pixel's centre, (functions, pixels).

    They are 1, x, y from -1 to 1, and the bumps.
    """
    across, down = ((2 * torch.arange(side) + 1) / side - 1 for side in (width, height))
    y, x = torch.meshgrid(down, across, indexing="ij")
    apart = 2 / (BUMPS - 1)
    profiles = [
        torch.exp(-(((at - torch.linspace(-1, 1, BUMPS)[:, None]) / (0.6 * apart)) ** 2) / 2)
        for at in (down, across)
    ]
    bumps = torch.einsum("ih,jw->ijhw", *profiles)
    return torch.cat(
        [torch.stack([torch.ones_like(x), x, y]).flatten(1), bumps.reshape(BUMPS**2, -1)]
    ).to(device)
