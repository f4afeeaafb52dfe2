"""Measures how the costs of each strategy grow with tasks, classes and stored images.

    python -m benchmarks.growth [--strategies all]

Random images of 28 x 28, the network 784-400-400 with an output for each class, batches of 128, one
thread, single precision, recipe quick. Along each axis:

- tasks: 100 tasks of two classes, learned in STEPS steps each, class-incremental and
  task-incremental; figures of tasks 1, 2, 5, 10, 20, 50 and 100;
- classes: two tasks of half of the classes each; figures of the second one;
- images: a second task with so many images of the first one in the replay buffer, which is filled
  directly, for strategies that have one.

The times are those of the processor, which other programs change little. A run up to a point is
loaded as from a checkpoint, and steps of all points of an axis are measured in turns. Appends a row
for each strategy to benchmarks/results/growth.json as soon as it is measured, and leaves out those
that it has. `benchmarks.growth_page` makes its section of docs/benchmarks.md.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import click
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from tqdm import tqdm

from lifelong import registry
from lifelong.config import RunConfig
from lifelong.data.examples import Dataset, Examples
from lifelong.numerics import cores, hardware
from lifelong.strategies.base import Strategy, scores
from lifelong.training.experiment import Experiment

FILE = Path(__file__).parent / "results" / "growth.json"
TASKS = (1, 2, 5, 10, 20, 50, 100)
CLASSES = (10, 30, 100, 300, 1000)
IMAGES = (0, 1000, 5000, 20_000, 50_000)
BUFFERED = 10  # classes of the images in a filled buffer
STEPS = 2  # of each task before the measurement
BATCH = 128
ROUNDS, ROUND_STEPS = 9, 5  # the median round of so many, each of so many steps
Point = dict[str, float]


@dataclass(frozen=True)
class Measured:
    """An experiment at the start of a task, of which steps are measured.

    around_ms: milliseconds of the start and the end of such a task.
    """

    at: int
    experiment: Experiment
    around_ms: float | None = None

    @property
    def strategy(self) -> Strategy:
        """The strategy that is measured."""
        return self.experiment.strategy

    def steps(self) -> Iterator[object]:
        """Yields after each step of the task, without an end where a step is one of many."""
        task = self.experiment.tasks[self.experiment.task]
        if not self.strategy.single_pass:
            self.strategy.recipe = replace(self.strategy.recipe, steps=1_000_000)
            yield from self.strategy.learn(task)
        self.strategy.recipe = replace(self.strategy.recipe, steps=1)
        while True:
            learning = self.strategy.learn(task)
            yield next(learning)
            learning.close()


def made_up(classes: int, images: int) -> Dataset:
    """Returns random images of so many classes, as many of each, and two test images of each."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(classes).repeat(max(1, images // classes))
    shape = (len(labels), 1, 28, 28)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    names = tuple(map(str, range(classes)))
    test = (pixels[: 2 * classes], labels[: 2 * classes])
    return Dataset("mnist", "", "made up", names, pixels, labels, *test)


def config_of(strategy: str, scenario: str, **given: Any) -> RunConfig:
    """Returns the configuration of a run of an axis."""
    return RunConfig(
        strategy=strategy, scenario=scenario, steps=STEPS, precision="fp32", device="cpu", **given
    )


def along_tasks(strategy: str, scenario: str) -> Iterator[Measured]:
    """Yields the experiment at each of TASKS."""
    dataset = made_up(2 * TASKS[-1], BATCH * TASKS[-1])
    config = config_of(strategy, scenario, tasks=TASKS[-1])
    experiment, states, milliseconds = Experiment(config, dataset), {}, []
    for task in experiment.tasks:
        if task.index + 1 in TASKS:
            state = experiment.state_dict()
            states[task.index + 1] = {name: tensor.clone() for name, tensor in state.items()}
        milliseconds.append(_milliseconds(experiment.train(task)))
    for at, state in states.items():
        other = Experiment(config, dataset)
        other.load_state_dict(state, at - 1, 0)
        near = milliseconds[at - 1 : at + 2] if at > 1 else milliseconds[:1]
        yield Measured(at, other, median(near if at < TASKS[-1] else milliseconds[-3:]))


def along_classes(strategy: str, scenario: str) -> Iterator[Measured]:
    """Yields the experiment with each of CLASSES after its first of two tasks."""
    for classes in CLASSES:
        dataset = made_up(classes, max(CLASSES) * 2)
        experiment = Experiment(config_of(strategy, scenario, tasks=2), dataset)
        _milliseconds(experiment.train(experiment.tasks[0]))
        experiment.task = 1
        yield Measured(classes, experiment)


def along_images(strategy: str, scenario: str) -> Iterator[Measured]:
    """Yields the experiment before a second task with each of IMAGES in its replay buffer."""
    stored = made_up(BUFFERED, IMAGES[-1])
    for images in IMAGES:
        per_class = {"per_class": images // BUFFERED}
        if not registry.strategy(strategy).settings(scenario)[0].accepts(per_class["per_class"]):
            continue
        config = config_of(
            strategy, scenario, tasks=2, task_sizes=(BUFFERED, 2), settings=per_class
        )
        experiment = Experiment(config, made_up(BUFFERED + 2, BATCH * (BUFFERED + 2)))
        buffer = experiment.strategy.buffer
        labels = stored.train_labels[:images]
        if images:
            buffer.examples = Examples(
                stored.train_images[:images], labels, torch.zeros_like(labels)
            )
            buffer.logits = torch.zeros(images, experiment.plan.outputs)
            buffer.observed = images
        experiment.task = 1
        yield Measured(images, experiment)


def _milliseconds(steps: Iterable[object]) -> float:
    clock = time.process_time()
    for _ in steps:
        pass
    return (time.process_time() - clock) * 1000


def points(found: Iterable[Measured]) -> list[Point]:
    """Returns the figures of experiments, of which steps are taken in turns.

    at: on the axis. step_ms: processor time of a step. around_ms: of the start and the end of a
    task. answer_ms: of the scores of 1,000 images, with the task label where the scenario gives it.
    step_bytes: the most that tensors take at once within a step, beside what is there before it.
    state_bytes: of all that training goes on from,
    optimiser and stored images among it. checkpoint_bytes: of what `scores` needs. stored_bytes:
    for earlier tasks.
    """
    measured = list(found)
    running = [each.steps() for each in measured]
    for learning in running:
        next(learning)
    rounds = [
        [_milliseconds(islice(learning, ROUND_STEPS)) / ROUND_STEPS for learning in running]
        for _ in range(ROUNDS)
    ]
    return [
        _point(each, learning, median(times))
        for each, learning, times in zip(measured, running, zip(*rounds))
    ]


def _point(measured: Measured, learning: Iterator[object], step_ms: float) -> Point:
    strategy, experiment = measured.strategy, measured.experiment
    task = experiment.tasks[experiment.task]
    point = {
        "at": measured.at,
        "step_ms": round(step_ms, 3),
        "step_bytes": peak_bytes(lambda: next(learning)),
        "state_bytes": _nbytes(strategy.state_dict()),
        "checkpoint_bytes": _nbytes(strategy.inference_state_dict()),
        "stored_bytes": sum(strategy.storage(task).values()),
        "answer_ms": round(_answer_ms(experiment), 2),
    }
    if measured.around_ms is not None:
        point["around_ms"] = round(max(0.0, measured.around_ms - STEPS * step_ms), 1)
    return point


def _nbytes(tensors: dict[str, Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())


def _answer_ms(experiment: Experiment) -> float:
    task = experiment.tasks[experiment.task]
    images, given = task.test.images, experiment.plan.given_task(task.index)
    repeated = images.repeat(-(-200 // len(images)), 1, 1, 1)[:200]
    scores(experiment.strategy, repeated, given)
    clock = time.process_time()
    scores(experiment.strategy, repeated, given)
    return (time.process_time() - clock) * 1000 * 1000 / len(repeated)


def peak_bytes(action: Callable[[], object]) -> int:
    """Returns the most bytes that tensors take at once during an action, beyond those before it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        action()
    recorded = profiler.profiler.kineto_results.events()
    changes = [(e.start_ns(), e.nbytes()) for e in recorded if e.name() == "[memory]"]
    peak = present = 0
    for _, change in sorted(changes, key=lambda change: change[0]):
        present += change
        peak = max(peak, present)
    return peak


AXES: dict[str, Callable[[str, str], Iterator[Measured]]] = {
    "tasks": along_tasks,
    "classes": along_classes,
    "images": along_images,
}


def wanted(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yields (axis, strategy, scenario) of all rows."""
    for name in names:
        strategy = registry.strategy(name)
        first, *others = [s for s in ("class", "task") if s in strategy.scenarios]
        for scenario in (first, *others):
            yield "tasks", name, scenario
        yield "classes", name, first
        if "buffer" in strategy.__dataclass_fields__:
            yield "images", name, first


@click.command()
@click.option("--strategies", default="all", help="Names, separated by commas.")
def main(strategies: str) -> None:
    """Measures the rows that are missing, and writes each."""
    names = registry.names("strategies") if strategies == "all" else strategies.split(",")
    rows = json.loads(FILE.read_text()) if FILE.exists() else []
    done = {(row["axis"], row["strategy"], row["scenario"]) for row in rows}
    missing = [each for each in wanted(names) if each not in done]
    with hardware.threads(1), cores.kept_busy():
        for axis, name, scenario in (bar := tqdm(missing)):
            bar.set_description(f"{axis} {name} {scenario}")
            clock = time.process_time()
            found = points(AXES[axis](name, scenario))
            seconds = round(time.process_time() - clock, 1)
            rows.append(
                {"axis": axis, "strategy": name, "scenario": scenario, "seconds": seconds}
                | {"points": found}
            )
            FILE.write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
