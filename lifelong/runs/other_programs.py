"""Runs from the result files of Mammoth and Avalanche, so that they stand beside ours. No torch.

Such a run has a record, with the accuracy on each task after each task, and no checkpoints. Nothing
in the files is executed: a line of Mammoth's is parsed as literals, one of Avalanche's as CSV.
"""

import ast
import csv
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import config as configs
from .. import datasets, registry
from ..config import RunConfig
from ..data import scenarios
from ..errors import LifelongError, shown, unknown_name
from ..events import Event, Finished, Started, TaskLearned
from ..formatting import size
from . import journal, store
from .folders import new_folder

MOST_BYTES, MOST_RUNS, MOST_TASKS = 20_000_000, 1000, 1000
# Names of Mammoth, where they are not ours.
STRATEGIES = {"sgd": "finetune", "er": "replay", "ewc-on": "ewc-online"}
NUMPY = re.compile(r"\b(?:np|numpy)\.float\d+\(([^()]*)\)")
SCENARIOS = {"class-il": "class", "task-il": "task", "domain-il": "domain"}
DATASETS = {"seq-mnist": "mnist", "perm-mnist": "permuted-mnist", "rot-mnist": "rotated-mnist"}


@dataclass(frozen=True)
class Results:
    """Results of one run of another program.

    accuracy[after][on]: shares in [0, 1], a triangle. fields: of the configuration, as far as the
    file has them.
    """

    accuracy: tuple[tuple[float, ...], ...]
    fields: dict[str, Any]


def read_mammoth(file: Path) -> Iterator[Results]:
    """Yields the runs in a `logs.pyd` of Mammoth, one a line.

    Scenario, data set and method are those of its folders, SCENARIO/DATASET/METHOD/logs.pyd. Raises
    LifelongError for a line that is none.
    """
    method, dataset, scenario = (_path_name(file, steps) for steps in (1, 2, 3))
    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip():
            continue
        values = _literals(line, file, number)
        rows: dict[int, dict[int, float]] = {}
        for name, value in values.items():
            head, _, rest = str(name).partition("accuracy_")
            on, _, after = rest.partition("_task")
            if not head and on.isdecimal() and after.isdecimal():
                rows.setdefault(int(after) - 1, {})[int(on) - 1] = _share(value, 100)
        name = str(values.get("model", method)).replace("_", "-")
        given = str(values.get("dataset", dataset))
        fields = {
            "strategy": STRATEGIES.get(name, name),
            "dataset": DATASETS.get(given, given.removeprefix("seq-")),
            "scenario": SCENARIOS.get(scenario, scenario),
            "seed": values.get("seed") or 0,
        }
        yield Results(_triangle(rows, file), fields)


def read_avalanche(file: Path) -> Iterator[Results]:
    """Yields the run in an `eval_results.csv` of Avalanche's CSVLogger.

    Of several evaluations after one task the last counts. Raises LifelongError for another file.
    """
    rows: dict[int, dict[int, float]] = {}
    lines = csv.DictReader(_text(file).splitlines())
    if not {"eval_exp", "training_exp", "eval_accuracy"} <= set(lines.fieldnames or ()):
        raise LifelongError(
            f"{file.name} has no columns eval_exp, training_exp and eval_accuracy; expected the"
            " eval_results.csv that Avalanche's CSVLogger writes."
        )
    for line in lines:
        on, after = line["eval_exp"] or "", line["training_exp"] or ""
        if on.isdecimal() and after.isdecimal():  # before the first task there is no number
            rows.setdefault(int(after), {})[int(on)] = _share(line["eval_accuracy"], 1)
    yield Results(_triangle(rows, file), {"seed": 0})


READERS: dict[str, Callable[[Path], Iterator[Results]]] = {
    "mammoth": read_mammoth,
    "avalanche": read_avalanche,
}
TITLES = {"mammoth": "Mammoth", "avalanche": "Avalanche"}


def import_runs(file: Path, program: str, **given: Any) -> list[Path]:
    """Makes a run of each of the results in a file; returns their folders.

    program: mammoth or avalanche. given: fields of the configuration that the file does not have,
    or that are to replace its own; None for those that are not given. Raises LifelongError for a
    file that cannot be read and for a strategy or data set that is not one of ours.
    """
    known = {name: value for name, value in given.items() if value is not None}
    made = []
    for results in READERS[program](file):
        fields = {**results.fields, **known}
        for needed in ("strategy", "dataset", "scenario"):
            if needed not in fields:
                raise LifelongError(f"{file.name} does not say the {needed}; give --{needed}.")
        config = _config(results, fields, TITLES[program])
        made.append((config, _events(config, results, f"{file.name} of {TITLES[program]}")))
        if len(made) > MOST_RUNS:
            raise LifelongError(f"{file.name} holds more than {MOST_RUNS} runs; split it.")
    return [_store(config, events) for config, events in made]


def _config(results: Results, fields: dict[str, Any], program: str) -> RunConfig:
    strategy, dataset = str(fields["strategy"]), str(fields["dataset"])
    if strategy not in registry.names("strategies"):
        raise unknown_name("strategy", strategy, registry.names("strategies"))
    spec = datasets.spec(dataset)
    config = configs.make(
        **{**fields, "tasks": len(results.accuracy), "program": program},
        model=spec.default_model or "mlp",
        class_order=tuple(range(len(spec.classes))),
    )
    if config.scenario not in registry.strategy(strategy).scenarios:
        raise LifelongError(f"{strategy} is not defined in the scenario {config.scenario} here.")
    return config


def _events(config: RunConfig, results: Results, source: str) -> list[Event]:
    names = datasets.classes(config.dataset)
    plan = scenarios.make_plan(config, len(names))
    start = Started(
        classes=tuple(tuple(names[label] for label in task) for task in plan.classes),
        labels=plan.classes,
        source=source,
        images=(0, 0),
        shape=datasets.spec(config.dataset).shape or (1, 1, 1),
        parameters=0,
        random_init_accuracy=(),
    )
    rows = [
        TaskLearned(
            task=task,
            accuracy=row,
            accuracy_given_task=row if config.rules.task_given else (),
            next_task_accuracy=None,
            seconds=0.0,
            evaluation_seconds=0.0,
        )
        for task, row in enumerate(results.accuracy)
    ]
    return [start, *rows, Finished(seconds=0.0)]


def _store(config: RunConfig, events: list[Event]) -> Path:
    folder = new_folder(config.dataset, config.scenario, config.strategy)
    store.RUNS.create(config, folder, lambda known: known)
    journal.rewrite(folder / journal.RECORD_FILE, events)
    return folder


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise LifelongError(f"{file.name} has more than {size(MOST_BYTES)}; split it.")
        return file.read_text("utf-8")
    except OSError as error:
        raise LifelongError(f"{file.name} could not be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise LifelongError(f"{file.name} is not a text file of results.") from None


def _literals(line: str, file: Path, number: int) -> dict[Any, Any]:
    """Returns the dictionary in a line; numpy's `np.float64(1.5)` stands for its number."""
    try:
        found = ast.literal_eval(NUMPY.sub(r"\1", line))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise LifelongError(
            f"Line {number} of {file.name} is not a run of Mammoth; expected a dictionary a line."
        )
    return found


def _share(value: Any, whole: float) -> float:
    """Returns an accuracy as a share. Raises LifelongError for what is none."""
    try:
        share = float(value) / whole
    except (TypeError, ValueError):
        share = math.nan
    if not 0 <= share <= 1:
        raise LifelongError(
            f"An accuracy was given as {shown(value)}; expected a number from 0 to {whole:g}."
        )
    return share


def _triangle(rows: dict[int, dict[int, float]], file: Path) -> tuple[tuple[float, ...], ...]:
    """Returns the accuracies on the tasks up to each, from those by task after and task on."""
    tasks = len(rows)
    if not 1 <= tasks <= MOST_TASKS or any(
        on not in rows.get(after, ()) for after in range(tasks) for on in range(after + 1)
    ):
        raise LifelongError(
            f"{file.name} lacks accuracies on single tasks; expected one on each task so far after"
            " each task."
        )
    return tuple(tuple(rows[after][on] for on in range(after + 1)) for after in range(tasks))


def _path_name(file: Path, steps: int) -> str:
    parts = file.absolute().parts
    return parts[-1 - steps] if len(parts) > steps else ""
