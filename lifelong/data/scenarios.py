"""Splits a data set into tasks, and says which outputs are active for an image of each.

Outputs are numbered in order of arrival, so that a head grows at its end: output 0 is the first
class learned. Where the tasks share the outputs, a label is the position of the class within its
task.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Literal

import torch
from torch import Tensor

from ..config import SCENARIOS, RunConfig, Scenario
from ..errors import LifelongError
from . import class_order
from .examples import Dataset, Examples, subsample
from .transformed import SharedImages, TransformedExamples, in_tasks

Split = Literal["train", "test"]
SPLITS: tuple[Split, Split] = ("train", "test")


@dataclass(frozen=True)
class Plan:
    """The classes of each task and the meaning of each output. classes: label numbers by task."""

    scenario: str
    classes: tuple[tuple[int, ...], ...]
    active_classes: str = "seen"

    @property
    def rules(self) -> Scenario:
        """The declaration of the scenario."""
        return SCENARIOS[self.scenario]

    @property
    def outputs(self) -> int:
        """Number of outputs the model needs for all tasks."""
        counts = map(len, self.classes)
        return max(counts) if self.rules.shared_outputs else sum(counts)

    @cached_property
    def _own_outputs(self) -> tuple[range, ...]:
        sizes = [len(task) for task in self.classes]
        ends = sizes if self.rules.shared_outputs else accumulate(sizes)
        return tuple(range(end - size, end) for size, end in zip(sizes, ends))

    def outputs_of(self, task: int) -> range:
        """Returns the outputs of a task's own classes."""
        return self._own_outputs[task]

    def given_task(self, task: int) -> int | None:
        """Returns the task of images at evaluation where its label is given, else None."""
        return task if self.rules.task_given else None

    def active_outputs(self, after: int, task_given: bool = False) -> Tensor:
        """Returns which outputs are active for images of each task: bool (tasks, outputs).

        after: the task that is being learned or was learned last. task_given: as if the task label
        were given in every scenario.
        """
        output = torch.arange(self.outputs)
        if task_given or self.rules.task_given:
            first, end = torch.tensor([[own.start, own.stop] for own in self._own_outputs]).T
            return (output >= first.unsqueeze(1)) & (output < end.unsqueeze(1))
        active = output < self.outputs_of(after).stop
        if self.rules.shared_outputs or self.active_classes == "all":
            active.fill_(True)
        return active.repeat(len(self.classes), 1)

    def candidates_for_query(self, after: int, task: int | None = None) -> Tensor:
        """Returns the active outputs for an image of a person, task given or not: bool (outputs,).

        Without the task label, a task-incremental model's outputs for all tasks so far are active.
        """
        if task is not None:
            return self.active_outputs(after, task_given=True)[task]
        table = self.active_outputs(after, task_given=not self.rules.infers_task)
        return table[: after + 1].any(0)

    def classes_of(self, output: int, after: int, task: int | None = None) -> tuple[int, ...]:
        """Returns the classes of an output: one, or where outputs are shared one of each task."""
        if not self.rules.shared_outputs:
            return (self._all_classes[output],)
        tasks = range(after + 1) if task is None else [task]
        return tuple(self.classes[t][output] for t in tasks if output < len(self.classes[t]))

    @property
    def _all_classes(self) -> tuple[int, ...]:
        return tuple(label for task in self.classes for label in task)


@dataclass(frozen=True)
class Task:
    """One task of the sequence with its images.

    probe: a fixed part of the test images, evaluated during training. active_outputs: bool
    (tasks, outputs). all_train: training images of every task of the run, for baselines that
    break the rules and use those of other tasks.
    """

    index: int
    plan: Plan
    train: Examples
    test: Examples
    probe: Examples
    active_outputs: Tensor
    all_train: tuple[Examples, ...]

    @cached_property
    def all_active(self) -> bool:
        """True if every output is active for every image."""
        return bool(self.active_outputs.all())

    @cached_property
    def past_active_outputs(self) -> Tensor:
        """The outputs active for images of earlier tasks before this task and in it, bool (k, 2,
        outputs): one entry for all tasks of which both are the same.
        """
        before = self.plan.active_outputs(self.index - 1).to(self.active_outputs.device)
        return torch.stack([before, self.active_outputs], 1)[: self.index].unique(dim=0)

    @property
    def outputs(self) -> range:
        """The outputs of this task's own classes."""
        return self.plan.outputs_of(self.index)

    def candidates(self, tasks: Tensor) -> Tensor:
        """Returns the active outputs of each image, bool (n, outputs), by its task, int64 (n,)."""
        return self.active_outputs[tasks]


def make_plan(config: RunConfig, classes: int) -> Plan:
    """Returns the plan of a run: its classes, dealt out to the tasks in order of arrival.

    Raises LifelongError where tasks, sizes or order do not fit the classes, or a setting does not
    fit the scenario.
    """
    _check_scenario(config)
    sizes = class_order.task_sizes(config, classes)
    order = iter(class_order.class_order(config, classes))
    tasks = tuple(tuple(next(order) for _ in range(size)) for size in sizes)
    return Plan(config.scenario, tasks, config.training_recipe.active_classes)


def _check_scenario(config: RunConfig) -> None:
    if config.tasks < config.rules.min_tasks:
        raise LifelongError(
            f"The {config.scenario} scenario was given {config.tasks} task; it needs at least"
            f" {config.rules.min_tasks}, a source and a target."
        )
    for name in ("target", "images_per_class"):
        if not config.rules.has_source and getattr(config, name) is not None:
            raise LifelongError(
                f"{name} was given in the scenario '{config.scenario}'; leave it out or choose the"
                " transfer scenario."
            )


def split(config: RunConfig, dataset: Dataset) -> list[Task]:
    """Returns the tasks of a run, each with its own training and test images.

    Raises LifelongError for a task without images, and as `make_plan` does.
    """
    config, dataset = class_order.for_dataset(config, dataset), in_tasks(dataset, config)
    plan = make_plan(config, len(dataset.classes))
    everything = range(config.tasks)
    all_train, all_test = (examples_of(plan, dataset, split, everything) for split in SPLITS)
    tasks = []
    for index, (train, test) in enumerate(zip(all_train, all_test)):
        if not len(train) or not len(test):
            names = ", ".join(dataset.classes[label] for label in plan.classes[index])
            raise LifelongError(
                f"Task {index + 1} ({names}) has no images in {dataset.name}; give each class some."
            )
        probe = test.take(evenly_spaced(len(test), config.training_recipe.probe_images))
        active = plan.active_outputs(index)
        tasks.append(Task(index, plan, train, test, probe, active, all_train))
    if config.images_per_class is None:
        return tasks
    return limit_images(tasks, config.images_per_class, config.seed)


def limit_images(tasks: list[Task], images: int, seed: int, first: int = 1) -> list[Task]:
    """Returns the tasks with up to `images` training images of each class from task `first` on.

    See `examples.subsample`.
    """
    all_train = tuple(
        subsample(task.train, images, seed) if task.index >= first else task.train for task in tasks
    )
    return [
        replace(task, train=train, all_train=all_train) for task, train in zip(tasks, all_train)
    ]


def to_device(tasks: list[Task], device: torch.device) -> list[Task]:
    """Returns the tasks with all their images on a device."""
    all_train = tuple(train.to(device) for train in tasks[0].all_train)
    return [
        replace(
            task,
            train=all_train[task.index],
            all_train=all_train,
            test=task.test.to(device),
            probe=task.probe.to(device),
            active_outputs=task.active_outputs.to(device),
        )
        for task in tasks
    ]


def examples_of(
    plan: Plan, dataset: Dataset, split: Split, tasks: Iterable[int]
) -> tuple[Examples, ...]:
    """Returns the training or test images of each of these tasks, labelled by their outputs."""
    train = split == "train"
    images = dataset.train_images if train else dataset.test_images
    labels = dataset.train_labels if train else dataset.test_labels
    if dataset.pixel_maps is None:
        return tuple(_members(plan, task, images, labels) for task in tasks)
    # Every task has all images, and the classes in the data set's order.
    shared, positions = SharedImages(images, dataset.pixel_maps), torch.arange(len(labels))
    return tuple(
        TransformedExamples(
            shared, positions, labels + plan.outputs_of(task).start, torch.full_like(labels, task)
        )
        for task in tasks
    )


def _members(plan: Plan, task: int, images: Tensor, labels: Tensor) -> Examples:
    """Returns those of the images, uint8 (n, c, h, w), that are of a task's classes."""
    output_of = torch.full((int(labels.max()) + 1,), -1)
    for output, label in zip(plan.outputs_of(task), plan.classes[task]):
        if label < len(output_of):
            output_of[label] = output
    outputs = output_of[labels]
    members = (outputs >= 0).nonzero().squeeze(1)
    return Examples(images[members], outputs[members], torch.full((len(members),), task))


def evenly_spaced(available: int, wanted: int) -> Tensor:
    """Returns positions of so many of the available images, spread evenly, int64 (m,)."""
    return torch.linspace(0, available - 1, min(available, wanted)).long()
