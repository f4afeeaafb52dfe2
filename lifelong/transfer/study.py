"""A transfer study as it happens: events, no printing, no disk. See `config.py` and `events.py` for what is asked and told."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from .. import config as configs
from ..config import RunConfig
from ..data.examples import Dataset, Examples, by_class
from ..data.scenarios import evenly_spaced, limit_images
from ..errors import LifelongError
from ..events import Finished
from ..numerics import hardware, matmul
from ..runs import comparison
from ..strategies.base import FEWEST_STEPS, scores
from ..training import experiment
from ..training.evaluation import accuracy
from ..training.experiment import Experiment
from ..training.parallel import run_jobs
from .config import FINE_TUNE_LEARNING_RATE, Branch, Size, StudyConfig, branches
from .events import (
    Began,
    Event,
    Probe,
    SourceLearned,
    StudyStopped,
    TargetLearned,
    belongs_to,
    seconds,
)

# How long to learn from few images: at most so many passes over them, but at least FEWEST_STEPS. Chosen with 10,000 of MNIST's
# training images held out, three seeds: with 5 to 100 images a class twice as many steps gained a whole network less than half
# a point, a new head one to three points.
PASSES = 30
PROBE_IMAGES = 1000  # test images of source and of target at each look
MAX_SERIAL_BRANCHES = 2  # parts that one process has learned before others would have been started

# A pretrained network and the same one without what it knows, as settings of the network.
NETWORK_BY_REGIME = {
    "scratch": {"tune": "whole", "weights": "none"},
    "frozen": {"tune": "head"},
    "finetune": {"tune": "whole"},
}


def resolve(config: StudyConfig, dataset: Dataset | None = None) -> StudyConfig:
    """The config with every setting filled in; raises LifelongError for a name or value that does not fit."""
    run = experiment.resolve(config.run, dataset)
    if config.pretrained and run.network.get("tune") != "head":
        raise LifelongError(
            f"A study of a pretrained network was given the model {run.model}, {run.network.get('tune', 'which cannot be frozen')}; "
            "choose one such as resnet50, frozen: --tune head."
        )
    if config.pretrained:  # two of its three ways train the whole network
        run = run.model_copy(update={"device": hardware.device(config.run.device, deep=True)})
    return config.model_copy(update={"run": run})


def study(
    config: StudyConfig,
    kept: Sequence[Event] = (),
    stop: Callable[[], bool] = lambda: False,
    width: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Event]:
    """All that happens when this is found out, from the first source to the last target.

    kept: events of whole parts, from an earlier attempt; they are not learned again and not told again.
    width: processes side by side; the numbers are those of one at a time. By default as many as there are cores, where
    a run of the model uses one and there is work enough for them.
    """
    start = clock() - seconds(kept)
    dataset = experiment.load_images(config.run)
    config = resolve(config, dataset)
    began = next((event for event in kept if isinstance(event, Began)), None) or _began(
        config, dataset
    )
    if not kept:
        yield began
    todo = [part for part in branches(config) if not any(belongs_to(event, part) for event in kept)]
    left = sum(len(part.regimes) for part in todo) * len(began.sizes)
    alone = config.pretrained or len(todo) <= MAX_SERIAL_BRANCHES  # whole networks use all cores
    width = width or (1 if alone else comparison.at_once([config.run]))
    here, there = (
        partial(learn, config, began.sizes, dataset, stop),
        partial(_learn_in_process, config, began.sizes),
    )
    events = run_jobs(here, there, todo, max(1, min(width, len(todo))), stop)
    for event in events:
        left -= isinstance(event, TargetLearned)
        timed = isinstance(event, SourceLearned | TargetLearned)
        yield event.model_copy(update={"seconds": round(clock() - start, 3)}) if timed else event
    yield StudyStopped() if left else Finished(seconds=round(clock() - start, 3))


def _began(config: StudyConfig, dataset: Dataset) -> Began:
    if config.pretrained:
        return _began_pretrained(config, dataset)
    told = Experiment(_run(config, dataset, "finetune", 0), dataset)
    counts = _counts(told.tasks[1].train)
    each = sum(counts) / len(counts)
    source, target = ([dataset.classes[label] for label in task] for task in told.plan.classes)
    return Began(
        data=dataset.source,
        source=source,
        target=target,
        chance=(1 / len(source), 1 / len(target)),
        sizes=(*(size for size in config.sizes if size < each), None),
        images=each,
        parameters=told.strategy.network.flat.numel(),
        probe_images=PROBE_IMAGES,
    )


def _began_pretrained(config: StudyConfig, dataset: Dataset) -> Began:
    told = _whole(config, dataset, "finetune", 0, config.sizes[0])
    each = len(dataset.train_labels) / len(dataset.classes)
    return Began(
        data=dataset.source,
        source=(experiment.frozen_backbone_of(config.run).description,),
        target=dataset.classes,
        chance=(0.0, 1 / len(dataset.classes)),
        sizes=config.sizes,
        images=each,
        parameters=told.strategy.network.flat.numel(),
        probe_images=PROBE_IMAGES,
    )


def _counts(examples: Examples) -> list[int]:
    return [len(members) for _, members in by_class(examples)]


def _run(config: StudyConfig, dataset: Dataset, way: str, seed: int) -> RunConfig:
    """One way to learn, with one seed; classes keep their order whatever the seed."""
    order = config.run.class_order or tuple(range(len(dataset.classes)))
    settings = config.run.settings if way == config.protect else {}
    return config.run.model_copy(
        update={"strategy": way, "settings": settings, "seed": seed, "class_order": order}
    )


def _learn_in_process(config: StudyConfig, sizes: Sequence[Size], part: Branch) -> Iterator[Event]:
    """`learn` in a process of its own."""
    yield from learn(config, sizes, _images(config.run.model_dump_json()), lambda: False, part)


@lru_cache(maxsize=1)
def _images(run: str) -> Dataset:
    """The data set of a run given as JSON: a process joins source and target once."""
    return experiment.load_images(configs.read(run))


def learn(
    config: StudyConfig,
    sizes: Sequence[Size],
    dataset: Dataset,
    stop: Callable[[], bool],
    part: Branch,
) -> Iterator[Event]:
    """One source, and from there the target in every way of the part from every number of images."""
    if config.pretrained:
        yield from _from_pretrained(config, sizes, dataset, stop, part)
        return
    # What the three ways do to the first task is plain training, to the bit: they share what came of it.
    source = Experiment(_run(config, dataset, part.regimes[0], part.seed), dataset)
    for _ in source.strategy.learn(source.tasks[0]):
        if stop():
            return
    test = source.tasks[0].test
    yield SourceLearned(
        seed=part.seed,
        regimes=part.regimes,
        accuracy=_accuracy_on(source, 0, test),
        probe_accuracy=_accuracy_on(source, 0, _probe_sample(test)),
    )
    # Without the optimiser's averages: as from scratch, every way begins the target with a fresh one, and weights alone differ.
    state = {
        name: tensor.clone()
        for name, tensor in source.state_dict().items()
        if not name.startswith("adam.")
    }
    counts = _counts(source.tasks[1].train)
    for size in sizes:
        tasks = source.tasks if size is None else limit_images(source.tasks, size, part.seed)
        for way in part.regimes:
            run = _run(config, dataset, way, part.seed).model_copy(
                update={"images_per_class": size, "steps": steps(config, counts, size)}
            )
            told = Experiment(run, dataset, tasks=tasks)
            told.load_state_dict(state, task=1, step=0)
            yield from _target(told, way, size, stop, look=size is None)
            if stop():
                return


def _from_pretrained(
    config: StudyConfig,
    sizes: Sequence[Size],
    dataset: Dataset,
    stop: Callable[[], bool],
    part: Branch,
) -> Iterator[Event]:
    """The target in every way of the part from every number of images, each time by a network as it was before."""
    for way in part.regimes:
        for size in sizes:
            yield from _target(
                _whole(config, dataset, way, part.seed, size),
                way,
                size,
                stop,
                look=size == sizes[-1],
            )
            if stop():
                return


def _whole(config: StudyConfig, dataset: Dataset, way: str, seed: int, size: int) -> Experiment:
    """One way to learn a data set from so many images a class, at its start."""
    pretrained = experiment.frozen_backbone_of(config.run)
    network = config.run.network | {"stem": pretrained.stem} | NETWORK_BY_REGIME[way]
    counts = dataset.train_labels.bincount().tolist()
    given = {
        "network": network,
        "steps": steps(config, counts, size),
        "learning_rate": config.run.learning_rate
        or (FINE_TUNE_LEARNING_RATE if way == "finetune" else None),
    }
    told = Experiment(_run(config, dataset, "finetune", seed).model_copy(update=given), dataset)
    told.tasks = limit_images(told.tasks, size, seed, first=0)
    return told


def steps(config: StudyConfig, counts: Sequence[int], size: Size) -> int:
    """Steps to learn a target with so many images a class; counts: how many there are of each class.

    Those of the recipe where all are used, and never more from few images, but at least FEWEST_STEPS; a number of steps
    that was given holds for all.
    """
    how = config.run.training_recipe
    everything = how.steps or max(FEWEST_STEPS, sum(counts) // how.batch)
    if size is None or config.run.steps:
        return everything
    images = sum(min(count, size) for count in counts)
    return max(FEWEST_STEPS, min(everything, PASSES * images // how.batch))


def _target(
    told: Experiment, way: str, size: Size, stop: Callable[[], bool], look: bool
) -> Iterator[Event]:
    """Learns the last task. look: whether to look at it meanwhile."""
    seed, step, last = told.config.seed, 0, told.tasks[-1]
    for step, of_all, _loss in told.strategy.learn(last):
        if look and (is_probe_step(step) or step == of_all):
            yield Probe(seed=seed, regime=way, step=step, **_accuracies(told, some=True))
        if stop():
            return
        if step == of_all and not told.strategy.inference_fields:
            break  # what would be measured at the end of the task is for tasks to come, and there are none
    yield TargetLearned(seed=seed, regime=way, images=size, steps=step, **_accuracies(told))


def _accuracies(told: Experiment, some: bool = False) -> dict[str, float | None]:
    """Accuracy on the target, and on the source if there is one, on all or on some of their test images."""
    tests = [_probe_sample(task.test) if some else task.test for task in told.tasks]
    *source, target = (_accuracy_on(told, told.tasks[-1].index, test) for test in tests)
    return {"target": target, "source": source[0] if source else None}


def _probe_sample(test: Examples) -> Examples:
    return test.take(evenly_spaced(len(test), PROBE_IMAGES))


def _accuracy_on(told: Experiment, after: int, test: Examples) -> float:
    with matmul.matmul_precision(
        told.config.precision
    ):  # a study asks so often that it would wait for answers longer than for learning
        return accuracy(told.plan, after, test, scores(told.strategy, test.images))


def is_probe_step(step: int) -> bool:
    """Whether it is looked at what was learned after this step: 1, 2, 5, 10, 20, 50, ...

    >>> [step for step in range(1, 300) if is_probe_step(step)]
    [1, 2, 5, 10, 20, 50, 100, 200]
    """
    digits = str(step)
    return digits[0] in "125" and not digits[1:].strip("0")
