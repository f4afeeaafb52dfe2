"""Helpers of several test files: toy data, small configurations, runs learned in one call."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import torch
from lifelong_toys.dataset import Patterns, spec

from lifelong import config as configs
from lifelong import registry
from lifelong.data.examples import Batch, Dataset, Examples
from lifelong.events import Saved, TaskLearned
from lifelong.runs import journal
from lifelong.runs import store as run_store
from lifelong.storage.progress import result_of
from lifelong.training import setup
from lifelong.training.experiment import Experiment

ROOT = Path(__file__).parent.parent
# The beginning of a program that is to run, but not to learn much.
FEW_STEPS = """
from lifelong.strategies.base import Strategy
_steps = Strategy.steps
Strategy.steps = lambda *given: min(2, _steps(*given))
"""


def toy_dataset(
    classes: int = 10, train: int = 24, test: int = 8, side: int = 6, seed: int = 0
) -> Dataset:
    """Returns images as those of the toy data set, of other number or size."""
    patterns = Patterns(side, train, test, seed)
    return spec("toy", "Toy patterns", classes, patterns).load()


def use_images(monkeypatch, dataset: Dataset) -> None:
    """Lets every data set's name stand for these images in a run."""

    def load_with_progress(_name: str):
        yield from ()
        return dataset

    monkeypatch.setattr(setup, "load_with_progress", load_with_progress)


def prepared(run_config: configs.RunConfig) -> Experiment:
    """An experiment whose features are extracted if they are not in the cache."""
    return Experiment(run_config, *result_of(setup.prepare(run_config)))


def config(strategy: str = "finetune", scenario: str = "class", **given) -> configs.RunConfig:
    """Returns a configuration of three tasks of seven steps on toys: milliseconds of training."""
    toys = {"dataset": "toy", "model": "toy-mlp", "tasks": 3, "steps": 7}
    return configs.make(**toys | {"strategy": strategy, "scenario": scenario} | given)


def run_all(run_config: configs.RunConfig, dataset: Dataset | None = None):
    """Returns the experiment after its last task, and its events."""
    experiment = Experiment(run_config, *result_of(setup.prepare(run_config, dataset)))
    return experiment, list(experiment.events())


def learned_run(run_config: configs.RunConfig, **options) -> Path:
    """Returns the folder of a run learned with these options of `run_store.learn`."""
    folder = run_store.create(run_config)
    learn(folder, **options)
    return folder


def learn(folder: Path, **options) -> list:
    """Trains a run on disk and returns the events."""
    return list(run_store.learn(folder, **options))


def forget_checksums(folder: Path) -> None:
    """Takes the checksums out of a record, as if an earlier version had written it."""
    record = folder / journal.RECORD_FILE
    events = [e for e in run_store.history(folder).events if not isinstance(e, Saved)]
    updated = [
        e.model_copy(update={"checksums": None}) if isinstance(e, TaskLearned) else e
        for e in events
    ]
    journal.rewrite(record, updated)


def stop_after(count: int):
    """Returns a `stop` that is true from this step on, counted over the whole run."""
    calls = iter(range(1, 1_000_000))
    return lambda: next(calls) >= count


class Killed(BaseException):
    """End of a process that was killed, as far as its files are concerned."""


def kill_after(count: int):
    """Returns a `stop` that ends the process at this step, counted over the whole run."""
    calls = iter(range(1, 1_000_000))

    def stop() -> bool:
        if next(calls) >= count:
            raise Killed
        return False

    return stop


def batch_of(examples: Examples, count: int = 16) -> Batch:
    """Returns the first `count` examples as a batch."""
    first = torch.arange(count)
    return Batch(*examples.take(first).tensors().values(), first)


def in_task(strategy: str, index: int, scenario: str, **given):
    """Returns the strategy at the start of a task, the task and a batch of it."""
    experiment = Experiment(config(strategy, scenario, **given))
    list(experiment.events(until=index))
    task = experiment.tasks[index]
    experiment.strategy.start_task(task)
    return experiment.strategy, task, batch_of(task.train)


def same(a: dict, b: dict) -> bool:
    """Returns whether two dicts of tensors are equal to the bit."""
    return a.keys() == b.keys() and all(
        a[n].dtype == b[n].dtype and torch.equal(a[n], b[n]) for n in a
    )


def is_mapped(tensor: torch.Tensor, file: Path) -> bool:
    """Returns whether a tensor is a memory map of a file, on Linux."""
    mappings = [
        [int(end, 16) for end in line.split()[0].split("-")]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(file.name)
    ]
    return any(start <= tensor.data_ptr() < end for start, end in mappings)


def strategy_names() -> tuple[str, ...]:
    """Returns the names of all strategies in the registry."""
    return registry.names("strategies")


@cache
def pairs() -> list[tuple[str, str]]:
    """Returns every strategy with every scenario that it is defined for."""
    return [
        (name, s)
        for name in strategy_names()
        for s in configs.SCENARIOS
        if s in registry.strategy(name).scenarios
    ]


def one_pair_each() -> list[tuple[str, str]]:
    """Returns every strategy with one scenario that it is defined for, in turns."""
    of = [[pair for pair in pairs() if pair[0] == name] for name in strategy_names()]
    return [found[i % len(found)] for i, found in enumerate(of)]


def python(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Runs another Python process in the project's folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )
