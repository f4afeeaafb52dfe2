"""Order of the classes and sizes of the tasks, from a run's configuration."""

import torch

from ..config import RunConfig
from ..errors import LifelongError, shown
from .examples import Dataset


def task_sizes(config: RunConfig, classes: int) -> tuple[int, ...]:
    """Returns the number of classes of each task.

    Without given sizes, tasks differ by at most one class, the larger ones first. Raises
    LifelongError where the number of tasks or the given sizes do not fit the classes.
    """
    if config.tasks > classes:
        raise LifelongError(
            f"{config.tasks} tasks were asked for, but {config.dataset} has {classes} classes;"
            f" ask for at most {classes}."
        )
    sizes = config.task_sizes or _even_sizes(classes, config.tasks)
    if len(sizes) != config.tasks or sum(sizes) != classes or min(sizes) < 1:
        raise LifelongError(
            f"The task sizes were given as {list(sizes)}; expected {config.tasks} numbers of at"
            f" least 1 that add up to the {classes} classes."
        )
    return sizes


def _even_sizes(classes: int, tasks: int) -> tuple[int, ...]:
    share, larger = divmod(classes, tasks)
    return tuple(share + (task < larger) for task in range(tasks))


def class_order(config: RunConfig, classes: int) -> list[int]:
    """Returns the labels of all classes in order of arrival.

    Without a given order it is natural for seed 0, else drawn from the seed. Raises LifelongError
    where the given order does not name each class once.
    """
    if config.class_order is None:
        return _order_of_seed(config.seed, classes)
    if sorted(config.class_order) != list(range(classes)):
        raise LifelongError(
            f"The class order was given as {shown(list(config.class_order))}; expected each of 0 to"
            f" {classes - 1} once."
        )
    return list(config.class_order)


def _order_of_seed(seed: int, classes: int) -> list[int]:
    """Returns the natural order for seed 0, else one drawn from the seed."""
    if seed == 0:
        return list(range(classes))
    order: list[int] = torch.randperm(
        classes, generator=torch.Generator().manual_seed(seed)
    ).tolist()
    return order


def with_target(config: RunConfig, source_classes: int, target_classes: int) -> RunConfig:
    """Returns a transfer run's config with the order and sizes of its tasks written out.

    The source's classes are the first task; those of the target data set, numbered after them, are
    dealt out to the other tasks.
    """
    if not 2 <= config.tasks <= target_classes + 1:
        raise LifelongError(
            f"{config.tasks} tasks were asked for, one of them for {config.dataset};"
            f" {config.target} has {target_classes} classes, ask for 2 to {target_classes + 1}."
        )
    order = config.class_order or (
        *_order_of_seed(config.seed, source_classes),
        *(source_classes + label for label in _order_of_seed(config.seed, target_classes)),
    )
    sizes = config.task_sizes or (source_classes, *_even_sizes(target_classes, config.tasks - 1))
    return config.with_changes(class_order=order, task_sizes=sizes)


def for_dataset(config: RunConfig, dataset: Dataset) -> RunConfig:
    """Returns a run's config; where tasks are transformed, that of `with_all_classes`."""
    if dataset.transformation is None:
        return config
    return with_all_classes(config, len(dataset.label_names))


def with_all_classes(config: RunConfig, classes: int) -> RunConfig:
    """Returns a run's config whose tasks have so many classes each, all of the data set's.

    Its order of classes is written out: task by task, whatever the seed. Raises LifelongError where
    another order or other sizes were given.
    """
    sizes, order = (classes,) * config.tasks, tuple(range(config.tasks * classes))
    for name, expected in (("task_sizes", sizes), ("class_order", order)):
        if getattr(config, name) not in (None, expected):
            raise LifelongError(
                f"{name} was given for {config.dataset}, of which every task has all {classes}"
                " classes; leave it out."
            )
    return config.with_changes(class_order=order, task_sizes=sizes)
