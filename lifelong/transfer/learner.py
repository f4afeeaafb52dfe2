"""Learning a target in one regime, and what both kinds of transfer study share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Generic, TypeVar

from ..config import RunConfig
from ..data.examples import Dataset, Examples
from ..data.scenarios import evenly_spaced
from ..numerics import hardware, matmul
from ..strategies.base import FEWEST_STEPS, scores
from ..training.evaluation import accuracy
from ..training.experiment import Experiment
from .config import Branch, Size, Study
from .events import Began, Event, Probe, TargetLearned

# Steps for few images: at most so many passes over them, but at least FEWEST_STEPS. Chosen with
# 10,000 of MNIST's training images held out, three seeds: with 5 to 100 images a class twice as
# many steps gained a whole network less than half a point, a new head one to three points.
PASSES = 30
PROBE_IMAGES = 1000  # test images of source and of target in each probe

AnyStudy = TypeVar("AnyStudy", bound=Study)


class Learner(ABC, Generic[AnyStudy]):
    """Learns the branches of a study of one kind.

    config: with every setting filled in. dataset: of the source, joined with the target's.
    """

    def __init__(self, config: AnyStudy, dataset: Dataset) -> None:
        self.config = config
        self.dataset = dataset

    @abstractmethod
    def began(self) -> Generator[Event, None, Began]:
        """Returns the facts known before the first step; yields progress as `setup.prepare`."""

    @abstractmethod
    def learn(
        self, branch: Branch, sizes: Sequence[Size], stop: Callable[[], bool]
    ) -> Iterator[Event]:
        """Learns the target in every regime of a branch from each number of images a class."""

    def run_config(self, strategy: str, seed: int, **changes: Any) -> RunConfig:
        """Returns the configuration of one strategy; classes keep their order whatever the seed."""
        run = self.config.run
        return run.with_changes(
            strategy=strategy,
            settings=run.settings if strategy == self.config.protect else {},
            seed=seed,
            class_order=run.class_order or tuple(range(len(self.dataset.classes))),
            **changes,
        )

    def steps(self, counts: Sequence[int], size: Size) -> int:
        """Returns the steps for a target, see `steps`; counts: its images of each class."""
        return steps(self.config.run, counts, size)


def steps(config: RunConfig, counts: Sequence[int], size: Size) -> int:
    """Returns the optimiser steps for a target with so many images a class.

    counts: images that there are of each class. For all images the steps are those of the recipe;
    for few they are never more, but at least FEWEST_STEPS. A configured number holds for all.
    """
    recipe = config.training_recipe
    for_all = recipe.steps or max(FEWEST_STEPS, sum(counts) // recipe.batch)
    if size is None or config.steps:
        return for_all
    images = sum(min(count, size) for count in counts)
    return max(FEWEST_STEPS, min(for_all, PASSES * images // recipe.batch))


def learn_target(
    experiment: Experiment, regime: str, size: Size, stop: Callable[[], bool], probe: bool
) -> Iterator[Event]:
    """Learns the last task. probe: whether to measure accuracy in between."""
    seed, step, last = experiment.config.seed, 0, experiment.tasks[-1]
    for step, steps_of_task, _loss in experiment.train(last):
        if probe and (is_probe_step(step) or step == steps_of_task):
            target, source = _accuracies(experiment, probe=True)
            yield Probe(seed=seed, regime=regime, step=step, target=target, source=source)
        if stop():
            return
        if step == steps_of_task and not experiment.strategy.inference_fields:
            break  # the end of a task would prepare for later tasks, and there are none
    target, source = _accuracies(experiment)
    yield TargetLearned(
        seed=seed, regime=regime, images=size, steps=step, target=target, source=source
    )


def _accuracies(experiment: Experiment, probe: bool = False) -> tuple[float, float | None]:
    """Returns the accuracy on the target, and on the source if there is one."""
    tests = [probe_sample(task.test) if probe else task.test for task in experiment.tasks]
    last = experiment.tasks[-1].index
    *source, target = (accuracy_on(experiment, last, test) for test in tests)
    return target, source[0] if source else None


def probe_sample(test: Examples) -> Examples:
    """Returns PROBE_IMAGES of these test images, evenly spaced, or all of them."""
    return test.take(evenly_spaced(len(test), PROBE_IMAGES))


def accuracy_on(experiment: Experiment, after: int, test: Examples) -> float:
    """Returns the accuracy on these test images after a task."""
    # in the precision of training: a study measures so often that it would take longer than that
    precision = matmul.matmul_precision(experiment.config.precision)
    with precision, hardware.threads(experiment.model.threads):
        return accuracy(experiment.plan, after, test, scores(experiment.strategy, test.images))


def is_probe_step(step: int) -> bool:
    """Returns whether accuracy is measured after this step: 1, 2, 5, 10, 20, 50, ...

    >>> [step for step in range(1, 300) if is_probe_step(step)]
    [1, 2, 5, 10, 20, 50, 100, 200]
    """
    digits = str(step)
    return digits[0] in "125" and not digits[1:].strip("0")
