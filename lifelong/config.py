"""Configuration of a run: scenarios, and the validated value in `config.json`.

A scenario is declared here and nowhere else: other modules ask its properties, never its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import Field, model_validator

from . import __version__
from .recipes import RECIPES, Recipe
from .validation import Config, validated

ScenarioName = Literal["task", "domain", "class", "transfer"]


@dataclass(frozen=True)
class Scenario:
    """Declares what is known at test time, and how classes, tasks and outputs relate.

    about: what it asks of the model, a sentence that goes on after the title and a colon.
    task_given: whether the task label is an input at test time.
    shared_outputs: whether all tasks share the outputs, a label being the position within the task.
    has_source: whether the first task is a source and the others are targets.
    """

    name: ScenarioName
    title: str
    about: str
    task_given: bool = False
    shared_outputs: bool = False
    has_source: bool = False
    min_tasks: int = 1
    default_tasks: int = 5

    @property
    def short_title(self) -> str:
        """The title within a sentence, without its abbreviation: 'class-incremental'."""
        return self.title.partition(" (")[0].lower()

    @property
    def infers_task(self) -> bool:
        """True if classes of all tasks have outputs of their own and compete at test time."""
        return not (self.task_given or self.shared_outputs)

    def chance(self, class_counts: Sequence[int], task: int) -> float:
        """Returns the accuracy of guessing on a task once all tasks are learned.

        class_counts: number of classes of each task.

        >>> [SCENARIOS[name].chance([2, 4], task=0) for name in ("task", "domain", "class")]
        [0.5, 0.25, 0.16666666666666666]
        """
        if self.task_given:
            return 1 / class_counts[task]
        return 1 / (max(class_counts) if self.shared_outputs else sum(class_counts))

    def task_names(self, tasks: int) -> list[str]:
        """Returns what each task is called.

        >>> SCENARIOS["class"].task_names(2), SCENARIOS["transfer"].task_names(3)
        (['Task 1', 'Task 2'], ['Source', 'Target 1', 'Target 2'])
        """
        if not self.has_source:
            return [f"Task {number}" for number in range(1, tasks + 1)]
        targets = ["Target"] if tasks == 2 else [f"Target {number}" for number in range(1, tasks)]
        return ["Source", *targets]


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "task",
            "Task-incremental (TIL)",
            "the task of each image is given; only its classes compete.",
            task_given=True,
        ),
        Scenario(
            "domain",
            "Domain-incremental (DIL)",
            "the same question about new images: which of its task's classes is it?",
            shared_outputs=True,
        ),
        Scenario(
            "class", "Class-incremental (CIL)", "it must name the class among all seen so far."
        ),
        Scenario(
            "transfer",
            "Transfer",
            "source classes first, then target classes; what helps, and what is lost?",
            task_given=True,
            has_source=True,
            min_tasks=2,
            default_tasks=2,
        ),
    )
}
DEFAULT_SCENARIO: ScenarioName = "class"


def default_tasks(scenario: object) -> int:
    """Returns the default number of tasks of the scenario of this name, if there is one."""
    return SCENARIOS.get(str(scenario), SCENARIOS[DEFAULT_SCENARIO]).default_tasks


class TaughtClass(Config):
    """A class that was taught to a copy of a run from a few pictures, as a task of its own.

    strategy, settings: by which the task is learned, in so many steps.
    pictures: number of pictures given; test_pictures: of these, the ones that are only tested on.
    variants: random variants of the other pictures, trained on.
    earlier_images: training images of each earlier class that the strategy is given.
    """

    name: str = Field(min_length=1, max_length=60)
    strategy: str
    settings: dict[str, float | int | bool | str] = Field(default_factory=dict)
    steps: int = Field(ge=1, le=10_000)
    pictures: int = Field(ge=1, le=1000)
    test_pictures: int = Field(ge=0, le=1000)
    variants: int = Field(ge=1, le=100_000)
    earlier_images: int = Field(ge=1, le=100_000)


class RunConfig(Config):
    """Configuration of a run: one strategy, one scenario, one data set, one model.

    tasks: number of tasks, by default the scenario's.
    class_order: classes in the order of arrival; by default natural for seed 0, else drawn from the
    seed.
    settings: the strategy's settings by name, network: those of the model; those left out take the
    scenario's default.
    task_sizes: number of classes of each task, in place of even shares.
    target: in the transfer scenario, a second data set, whose classes come after the first one's.
    images_per_class: in the transfer scenario, training images of each class of the tasks after the
    first.
    steps, learning_rate: optimiser steps a task and learning rate, in place of the recipe's.
    precision: of the matrix products in training; auto is bf16 where that gains time, else fp32.
    device: where training runs; auto is a GPU, where there is one, for a network that is trained
    as a whole, else the CPU.
    half: save checkpoints in half precision (half the disk; accuracy equal to 0.1 point on MNIST).
    step_checkpoints: save the state after some steps within each task but the first, too.
    program: the program that trained it, where that is another one: then settings, network, recipe
    and steps are not known, and there are no checkpoints.
    original, taught: of a copy of another run, that run's id and the classes that were taught to
    the copy, one for each of its last tasks. The fields before these are the other run's, but that
    tasks, class_order and task_sizes count the taught classes, too.
    """

    dataset: str = "mnist"
    scenario: ScenarioName = DEFAULT_SCENARIO
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
    step_checkpoints: bool = False
    program: str | None = Field(default=None, max_length=40)
    original: str | None = None
    taught: tuple[TaughtClass, ...] = ()
    version: str = __version__

    @model_validator(mode="before")
    @classmethod
    def _default_tasks(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("tasks") is not None:
            return given
        sizes = given.get("task_sizes") or ()
        return {**given, "tasks": len(sizes) or default_tasks(given.get("scenario"))}

    @property
    def rules(self) -> Scenario:
        """The declaration of the run's scenario."""
        return SCENARIOS[self.scenario]

    @property
    def training_recipe(self) -> Recipe:
        """The recipe, with this run's own number of steps and learning rate where given."""
        recipe = RECIPES[self.recipe]
        steps = recipe.steps if self.steps is None else self.steps
        rate = recipe.learning_rate if self.learning_rate is None else self.learning_rate
        return replace(recipe, steps=steps, learning_rate=rate)

    def of_task(self, task: int) -> "RunConfig":
        """Returns the configuration by which a task is learned: this one, without taught classes
        that come after the task, and with the strategy of the task's own taught class.
        """
        if not self.taught:
            return self
        count = max(0, task + 1 - (self.tasks - len(self.taught)))
        tasks = self.tasks - len(self.taught) + count
        sizes, order = (self.task_sizes or ())[:tasks], self.class_order or ()
        fields = {"strategy", "settings", "steps"} if count else set()
        return self.with_changes(
            tasks=tasks,
            task_sizes=sizes,
            class_order=order[: sum(sizes)],
            taught=self.taught[:count],
            **self.taught[count - 1].model_dump(include=fields),
        )


def make(**given: object) -> RunConfig:
    """Returns a RunConfig of these values. Raises LifelongError for the first that does not fit."""
    return validated(lambda: RunConfig.model_validate(given))


def read(text: str | bytes) -> RunConfig:
    """Returns the RunConfig in the text of a `config.json`. Raises LifelongError as `make` does."""
    return validated(lambda: RunConfig.model_validate_json(text))
