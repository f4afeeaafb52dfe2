"""Runs a transfer study as a stream of events, without disk."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from .. import config as configs
from .. import registry
from ..config import RunConfig
from ..data.examples import Dataset
from ..errors import LifelongError
from ..events import Finished
from ..numerics import hardware
from ..runs import comparison
from ..storage.progress import result_of
from ..training import setup
from ..training.parallel import run_jobs
from .between_tasks import BetweenTasksLearner
from .config import Branch, PretrainedStudy, Size, StudyConfig
from .events import Began, Event, SourceLearned, StudyStopped, TargetLearned, belongs_to, seconds
from .pretrained import PretrainedLearner

MAX_SERIAL_BRANCHES = 2  # one process has learned them before others would have been started


def resolve(config: StudyConfig, dataset: Dataset | None = None) -> StudyConfig:
    """Returns the config with every setting filled in; a resolved one comes back as it is.

    Raises LifelongError for a name or value that does not fit.
    """
    run = setup.resolve(config.run, dataset)
    _check_plugins(config, run)
    if config.trains_whole_network:
        run = run.with_changes(device=hardware.device(config.run.device, deep=True))
    return config.with_changes(run=run)


def _check_plugins(config: StudyConfig, run: RunConfig) -> None:
    """Raises LifelongError for a strategy or network, its settings filled in, that does not fit."""
    if config.protect is not None:
        if not registry.strategy(config.protect).protects_source:
            raise LifelongError(
                f"{config.protect} was to protect the source, which it does not; "
                "choose a strategy such as ewc, lwf or replay."
            )
        return
    frozen = registry.model(run.model).regimes.get("frozen")
    if frozen is None or not frozen.items() <= run.network.items():
        what = ", ".join(f"{name} {run.network[name]}" for name in frozen or ())
        raise LifelongError(
            f"A study of a pretrained network was given the model {run.model}, "
            f"{what or 'which has no pretrained weights'}; choose one such as resnet50, frozen: "
            "--tune head."
        )


def study(
    config: StudyConfig,
    completed: Sequence[Event] = (),
    stop: Callable[[], bool] = lambda: False,
    width: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
    dataset: Dataset | None = None,
) -> Iterator[Event]:
    """Yields the events of a study, from the first source to the last target.

    completed: events of complete branches from an earlier attempt; these are not repeated.
    width: processes side by side, with the same numbers as one at a time. By default as many as
    there are cores, where a run of the model uses one and there is work enough for them.
    dataset: the images, if they are in memory.
    """
    start = clock() - seconds(completed)
    if dataset is None:
        dataset = yield from setup.load_images(config.run)
    config = resolve(config, dataset)
    began = next((event for event in completed if isinstance(event, Began)), None)
    if began is None:
        began = yield from _learner(config, dataset).began()
        yield began
    todo = _branches_left(config, completed)
    targets_left = sum(len(branch.regimes) for branch in todo) * len(began.sizes)
    events = run_jobs(
        partial(learn, config, began.sizes, dataset, stop),
        partial(_learn_in_process, config, began.sizes),
        todo,
        max(1, min(width or _default_width(config, todo), len(todo))),
        stop,
    )
    for event in events:
        targets_left -= isinstance(event, TargetLearned)
        if isinstance(event, SourceLearned | TargetLearned):
            event = event.model_copy(update={"seconds": round(clock() - start, 3)})
        yield event
    yield StudyStopped() if targets_left else Finished(seconds=round(clock() - start, 3))


def _branches_left(config: StudyConfig, completed: Sequence[Event]) -> list[Branch]:
    """Returns the branches of which no event is among the completed ones."""
    return [
        branch
        for branch in config.branches
        if not any(belongs_to(event, branch) for event in completed)
    ]


def _default_width(config: StudyConfig, todo: Sequence[Branch]) -> int:
    """Returns the number of processes; a whole network uses all cores by itself."""
    if config.trains_whole_network or len(todo) <= MAX_SERIAL_BRANCHES:
        return 1
    return comparison.default_processes([config.run])


def learn(
    config: StudyConfig,
    sizes: Sequence[Size],
    dataset: Dataset,
    stop: Callable[[], bool],
    branch: Branch,
) -> Iterator[Event]:
    """Yields the events of one branch, all regimes of one seed that share a source."""
    yield from _learner(config, dataset).learn(branch, sizes, stop)


def _learner(config: StudyConfig, dataset: Dataset) -> BetweenTasksLearner | PretrainedLearner:
    if isinstance(config, PretrainedStudy):
        return PretrainedLearner(config, dataset)
    return BetweenTasksLearner(config, dataset)


def _learn_in_process(
    config: StudyConfig, sizes: Sequence[Size], branch: Branch
) -> Iterator[Event]:
    """Yields the events of `learn`, in a process that loads the images by itself."""
    yield from learn(config, sizes, _images(config.run.model_dump_json()), lambda: False, branch)


@lru_cache(maxsize=1)
def _images(run: str) -> Dataset:
    """Returns the images of a run, given as JSON: a process joins source and target once."""
    return result_of(setup.load_images(configs.read(run)))
