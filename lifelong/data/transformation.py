"""Transformation of the images of each task, as a data set declares it. No torch."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Transformation(ABC):
    """Transformation by which every task has all classes: each moves the pixels in its own manner.

    about: what is done to the images of a task, at the end of the data set's source.
    """

    about: str

    @abstractmethod
    def pixel_map(self, height: int, width: int, task: int, tasks: int, seed: int) -> "Tensor":
        """Returns for each pixel of a task's images the pixel that it is taken from.

        int64 (height * width,), row by row; -1 is black. task, tasks: its number and how many there
        are. seed: of the run; for 0 the first task has the images as they are.
        """

    @abstractmethod
    def describe(self, task: int, tasks: int, seed: int) -> str:
        """Returns what is done to the images of a task, in words that go on after 'task 2:'."""
