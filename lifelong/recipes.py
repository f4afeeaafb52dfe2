"""Recipes: how long and how fast a run trains on each task."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    """Training of one task: length, batch size, learning rate, active classes and probes.

    steps: optimiser steps a task; None means one pass over the task's images.
    active_classes: where the task is inferred, the classes whose outputs are in the loss: those
    'seen' so far, or 'all' from the start.
    probe_every, probe_images: steps between live evaluations, and test images a task in each.
    """

    steps: int | None
    active_classes: Literal["seen", "all"]
    probe_every: int
    probe_images: int
    batch: int = 128
    learning_rate: float = 0.001
    about: str = ""


RECIPES: dict[str, Recipe] = {
    "quick": Recipe(None, "seen", 10, 60, about="one pass over the images; takes seconds"),
    "paper": Recipe(
        2000,
        "all",
        100,
        200,
        about="2000 steps a task, as van de Ven et al. (2022); takes a minute or so",
    ),
}
