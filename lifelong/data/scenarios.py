"""Splits a data set into tasks and says which outputs compete: the only file that knows the scenario.

Outputs are numbered in order of arrival, so that a head grows at its end: output 0 is the first class
learned. In the domain scenario all tasks share the outputs, and a label is the class's place in its task.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from ..config import RunConfig
from ..errors import LifelongError
from .examples import Dataset, Examples, subsample


@dataclass(frozen=True)
class Plan:
    """Which classes come in which task, and what an output means. classes: label numbers by task."""

    scenario: str
    classes: tuple[tuple[int, ...], ...]
    active_classes: str = "seen"

    @property
    def outputs(self) -> int:
        """Number of outputs the model needs for all tasks."""
        return (
            max(map(len, self.classes))
            if self.scenario == "domain"
            else sum(map(len, self.classes))
        )

    def outputs_of(self, task: int) -> range:
        """The outputs of one task's own classes."""
        first = 0 if self.scenario == "domain" else sum(map(len, self.classes[:task]))
        return range(first, first + len(self.classes[task]))

    def active_outputs(self, after: int, task_given: bool = False) -> Tensor:
        """Outputs that compete for an image of each task once task `after` is being or has been learned.

        task_given: as if the task label were given. Returns bool (tasks, outputs).
        """
        table = torch.zeros(len(self.classes), self.outputs, dtype=torch.bool)
        for task in range(len(self.classes)):
            if task_given or self.scenario in ("task", "transfer"):
                table[task, list(self.outputs_of(task))] = True
            elif self.scenario == "domain" or self.active_classes == "all":
                table[task] = True
            else:
                table[task, : self.outputs_of(after).stop] = True
        return table

    def candidates_for_query(self, after: int, task: int | None = None) -> Tensor:
        """Outputs that compete for an image that a person brings, its task given or unknown: bool (outputs,).

        Without the task label a task-incremental model is asked about everything it has learned.
        """
        if task is not None:
            return self.active_outputs(after, task_given=True)[task]
        return self.active_outputs(after, task_given=self.scenario != "class")[: after + 1].any(0)

    def classes_of(self, output: int, after: int, task: int | None = None) -> tuple[int, ...]:
        """The classes an answer stands for: one, or in the domain scenario one of each task seen so far."""
        tasks = range(after + 1) if task is None else [task]
        if self.scenario == "domain":
            return tuple(self.classes[t][output] for t in tasks if output < len(self.classes[t]))
        return (self._flat[output],)

    @property
    def _flat(self) -> tuple[int, ...]:
        return tuple(label for task in self.classes for label in task)


@dataclass(frozen=True)
class Task:
    """One lesson of the sequence. probe: a fixed part of the test images, evaluated during training.

    all_train: training images of all tasks of the run, for baselines that break the rules and use those of other tasks.
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
        """Whether every output competes for every image."""
        return bool(self.active_outputs.all())

    @property
    def outputs(self) -> range:
        """The outputs of this task's own classes."""
        return self.plan.outputs_of(self.index)

    def candidates(self, tasks: Tensor) -> Tensor:
        """For each image, by its task int64 (n,), the outputs that compete for it: bool (n, outputs)."""
        return self.active_outputs[tasks]


def make_plan(config: RunConfig, classes: int) -> Plan:
    """Deals the classes out to the tasks; tasks differ by at most one class, the larger ones first, unless their sizes are given."""
    if config.tasks > classes:
        raise LifelongError(
            f"{config.tasks} tasks were asked for, but {config.dataset} has {classes} classes; ask for at most {classes}."
        )
    if config.scenario == "transfer" and config.tasks < 2:
        raise LifelongError(
            "The transfer scenario was given 1 task; it needs at least 2, a source and a target."
        )
    for name in ("target", "images_per_class"):
        if config.scenario != "transfer" and getattr(config, name) is not None:
            raise LifelongError(
                f"{name} was given in the scenario '{config.scenario}'; leave it out or choose the transfer scenario."
            )
    sizes = config.task_sizes or _shares(classes, config.tasks)
    if len(sizes) != config.tasks or sum(sizes) != classes or min(sizes) < 1:
        raise LifelongError(
            f"The task sizes were given as {list(sizes)}; expected {config.tasks} numbers of at least 1 that add up to the {classes} classes."
        )
    dealt = iter(_class_order(config, classes))
    tasks = tuple(tuple(next(dealt) for _ in range(size)) for size in sizes)
    return Plan(config.scenario, tasks, config.training_recipe.active_classes)


def _shares(classes: int, tasks: int) -> tuple[int, ...]:
    share, more = divmod(classes, tasks)
    return tuple(share + (task < more) for task in range(tasks))


def with_target(config: RunConfig, own: int, other: int) -> RunConfig:
    """The config of a run with a target data set, order and sizes of its tasks written out: `own` classes, then the `other` ones.

    The source's classes are the first task; the target's are dealt out to the other tasks.
    """
    if not 2 <= config.tasks <= other + 1:
        raise LifelongError(
            f"{config.tasks} tasks were asked for, one of them for {config.dataset}; {config.target} has {other} classes, ask for 2 to {other + 1}."
        )
    order = config.class_order or (
        *_drawn(config.seed, own),
        *(own + label for label in _drawn(config.seed, other)),
    )
    return config.model_copy(
        update={
            "class_order": order,
            "task_sizes": config.task_sizes or (own, *_shares(other, config.tasks - 1)),
        }
    )


def _class_order(config: RunConfig, classes: int) -> list[int]:
    if config.class_order is not None:
        if sorted(config.class_order) != list(range(classes)):
            raise LifelongError(
                f"The class order was given as {list(config.class_order)}; expected each of 0 to {classes - 1} once."
            )
        return list(config.class_order)
    return _drawn(config.seed, classes)


def _drawn(seed: int, classes: int) -> list[int]:
    """The natural order for seed 0, else one drawn from the seed."""
    if seed == 0:
        return list(range(classes))
    return torch.randperm(classes, generator=torch.Generator().manual_seed(seed)).tolist()


def split(config: RunConfig, dataset: Dataset) -> list[Task]:
    """The tasks of a run, each with its own training and test images."""
    how = make_plan(config, len(dataset.classes))
    all_train = tuple(
        _part(how, index, dataset.train_images, dataset.train_labels)
        for index in range(config.tasks)
    )
    tasks = []
    for index, train in enumerate(all_train):
        test = _part(how, index, dataset.test_images, dataset.test_labels)
        if not len(train) or not len(test):
            names = ", ".join(dataset.classes[label] for label in how.classes[index])
            raise LifelongError(
                f"Task {index + 1} ({names}) has no images in {dataset.name}; give each class some."
            )
        probe = test.take(evenly_spaced(len(test), config.training_recipe.probe_images))
        tasks.append(Task(index, how, train, test, probe, how.active_outputs(index), all_train))
    return (
        tasks
        if config.images_per_class is None
        else limit_images(tasks, config.images_per_class, config.seed)
    )


def limit_images(tasks: list[Task], images: int, seed: int, first: int = 1) -> list[Task]:
    """The same tasks, with up to `images` training images of each class of all from `first` on; see `examples.few`."""
    all_train = tuple(
        subsample(task.train, images, seed) if task.index >= first else task.train for task in tasks
    )
    return [
        replace(task, train=train, all_train=all_train) for task, train in zip(tasks, all_train)
    ]


def to_device(tasks: list[Task], device: torch.device) -> list[Task]:
    """The same tasks with all their images on a device."""
    all_train = tuple(part.to(device) for part in tasks[0].all_train)
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


def _part(how: Plan, task: int, images: Tensor, labels: Tensor) -> Examples:
    place = torch.full((int(labels.max()) + 1,), -1)
    for output, label in zip(how.outputs_of(task), how.classes[task]):
        if label < len(place):
            place[label] = output
    outputs = place[labels]
    chosen = (outputs >= 0).nonzero().squeeze(1)
    return Examples(images[chosen], outputs[chosen], torch.full((len(chosen),), task))


def evenly_spaced(available: int, wanted: int) -> Tensor:
    """Positions of so many of the available images, spread evenly over all of them, int64 (m,)."""
    return torch.linspace(0, available - 1, min(available, wanted)).long()
