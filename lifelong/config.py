"""What is to be run: one frozen, validated value that goes into `config.json` as it is."""

from dataclasses import dataclass, replace
from typing import Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field, model_validator

from . import __version__
from .errors import LifelongError

Scenario = Literal["task", "domain", "class", "transfer"]
SCENARIOS: dict[str, str] = {
    "task": "Task-incremental (TIL): the model is told which task an image belongs to.",
    "domain": "Domain-incremental (DIL): every task asks the same question of new images.",
    "class": "Class-incremental (CIL): the model must tell all classes apart and is not told the task.",
    "transfer": "Transfer: source classes first, then target classes; what helps, and what is lost?",
}
# What a strategy does about forgetting, in the order in which people meet the ideas.
FAMILIES: dict[str, str] = {
    "baseline": "What happens without any remedy, and what could be reached at best.",
    "regularisation": "Old knowledge is in the weights or the answers: do not change what mattered.",
    "architecture": "Each task gets a part of the network for itself.",
    "replay": "Keep some old images, and practise them again.",
    "generative": "Keep no image, but learn to make old ones up.",
    "closed form": "Do not learn step by step: keep statistics that do not depend on the order of tasks.",
}


@dataclass(frozen=True)
class Recipe:
    """How long and how to train one task.

    steps: optimiser steps a task; None means one pass over the task's images.
    active_classes: in the class scenario, the outputs in the loss: those 'seen' so far, or 'all' from the start.
    probe_every, probe_images: every so many steps, so many test images a task are evaluated for live curves.
    """

    steps: int | None
    active_classes: Literal["seen", "all"]
    probe_every: int
    probe_images: int
    batch: int = 128
    learning_rate: float = 0.001
    about: str = ""


RECIPES: dict[str, Recipe] = {
    "quick": Recipe(None, "seen", 10, 60, about="one pass over each task's images: seconds"),
    "paper": Recipe(
        2000,
        "all",
        100,
        200,
        about="2000 steps a task, as van de Ven et al. (2022): a minute or so",
    ),
}


def default_tasks(scenario: str | None) -> int:
    """Number of tasks where none is given: 5, or source and target in the transfer scenario."""
    return 2 if scenario == "transfer" else 5


class RunConfig(BaseModel):
    """One strategy taken through one scenario.

    tasks: number of tasks, by default 5 (2 in the transfer scenario: source and target).
    class_order: classes in the order of arrival; by default natural for seed 0 and drawn from the seed otherwise.
    settings: the strategy's own settings by name; those left out take the scenario's default. network: those of the model.
    task_sizes: number of classes of each task, in place of even shares.
    target: in the transfer scenario, a second data set, all of whose classes come after all of the first one's.
    images_per_class: in the transfer scenario, so many training images of each class of every task after the first.
    steps: optimiser steps a task, in place of the recipe's.
    learning_rate: of the optimiser, in place of the recipe's.
    precision: of the matrix products while learning; auto is bf16 where that gains time, else fp32.
    device: what learns; auto is a graphics card for a network that is trained as a whole, where there is a card, else the CPU.
    half: keep the checkpoints in half precision (half the disk; accuracy equal to 0.1 point on MNIST).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = "mnist"
    scenario: Scenario = "class"
    strategy: str = "finetune"
    settings: dict[str, float | int | bool | str] = Field(default_factory=dict)
    model: str = "mlp"
    network: dict[str, float | int | bool | str] = Field(default_factory=dict)
    recipe: Literal["quick", "paper"] = "quick"
    tasks: int = Field(default=5, ge=1, le=1000)
    class_order: tuple[int, ...] | None = None
    task_sizes: tuple[int, ...] | None = None
    target: str | None = None
    images_per_class: int | None = Field(default=None, ge=1)
    steps: int | None = Field(default=None, ge=1, le=1_000_000)
    learning_rate: float | None = Field(default=None, gt=0, le=10)
    seed: int = Field(default=0, ge=0, lt=2**31)
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    half: bool = False
    version: str = __version__

    @model_validator(mode="before")
    @classmethod
    def _tasks_by_scenario(cls, given: dict) -> dict:
        if isinstance(given, dict) and given.get("tasks") is None:
            return {
                **given,
                "tasks": len(given.get("task_sizes") or ()) or default_tasks(given.get("scenario")),
            }
        return given

    @property
    def training_recipe(self) -> Recipe:
        """The recipe's numbers, with this run's own where they were given."""
        given = {"steps": self.steps, "learning_rate": self.learning_rate}
        return replace(
            RECIPES[self.recipe],
            **{name: value for name, value in given.items() if value is not None},
        )


def make(**given: object) -> RunConfig:
    """A RunConfig, or a LifelongError that says in one sentence which value does not fit and why."""
    return _validated(lambda: RunConfig(**given))


def read(text: str | bytes) -> RunConfig:
    """The RunConfig in a `config.json`."""
    return _validated(lambda: RunConfig.model_validate_json(text))


def _validated(build) -> RunConfig:
    try:
        return build()
    except pydantic.ValidationError as error:
        raise validation_error(error) from None


def validation_error(error: pydantic.ValidationError) -> LifelongError:
    """One sentence about the first value that does not fit."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the configuration"
    return LifelongError(
        f"{where} was given as {str(first['input'])[:80]!r}: {first['msg'].lower()}."
    )
