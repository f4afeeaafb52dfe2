"""Rotated MNIST: tasks of all ten digits, each rotated by an angle of its own.

From Lopez-Paz and Ranzato (2017, "Gradient episodic memory"): 20 tasks, whose angles are drawn one
from each twentieth of 0 to 180 degrees, learned in one pass over 1000 images each. It is
domain-incremental. As in their code a pixel is that of the nearest position, and turns to the left.
For seed 0 the angles are not drawn but the lowest of each part, so that the first task has the
digits as they are.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..data.transformation import Transformation
from . import mnist

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_ANGLE = 180.0  # degrees


@dataclass(frozen=True)
class Rotation(Transformation):
    """Rotation about the middle of the image, to the left, by an angle that grows with the task."""

    about = "those of each task rotated by an angle of its own"

    def angle(self, task: int, tasks: int, seed: int) -> float:
        """Returns the angle of a task in degrees."""
        import torch  # late: declarations are read without it

        from ..numerics import seeds

        drawn = torch.rand((), generator=seeds.generator(seed, "rotation", task)) if seed else 0.0
        return LARGEST_ANGLE * (task + float(drawn)) / tasks

    def pixel_map(self, height: int, width: int, task: int, tasks: int, seed: int) -> "Tensor":
        import torch  # late: declarations are read without it

        angle = torch.deg2rad(torch.tensor(self.angle(task, tasks, seed), dtype=torch.float64))
        rows, columns = (torch.arange(side).double() - (side - 1) / 2 for side in (height, width))
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        # A hair less than half, so that rounding does not depend on the last bit of the cosine.
        row = angle.sin() * x + angle.cos() * y + (height - 1) / 2 - 1e-6
        column = angle.cos() * x - angle.sin() * y + (width - 1) / 2 - 1e-6
        row, column = row.round().long(), column.round().long()
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        return torch.where(inside, row * width + column, -1).flatten()

    def describe(self, task: int, tasks: int, seed: int) -> str:
        return f"rotated by {self.angle(task, tasks, seed):.0f}°"


SPEC = replace(
    mnist.SPEC,
    name="rotated-mnist",
    title="Rotated MNIST",
    about="MNIST's digits in every task, each rotated by an angle of its own",
    judge_run=None,
    rank=10,
    transformation=Rotation(),
    scenarios=("domain",),
    default_tasks=20,
)
