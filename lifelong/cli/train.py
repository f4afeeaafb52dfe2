"""Commands `train` and `compare`: one strategy or several on one scenario."""

import json
import sys
from pathlib import Path
from typing import Any

import rich_click as click

from .. import formatting
from ..config import RunConfig
from ..events import Stopped
from ..runs import store as run_store
from ..runs.history import History
from . import interrupt, progress, tables
from .options import json_option, run_options, strategy_names
from .setting_options import CommandWithNetwork, CommandWithSettings


@click.command(cls=CommandWithSettings)
@run_options
@json_option()
@click.option(
    "--strategy",
    default="finetune",
    shell_complete=strategy_names,
    show_default=True,
    panel="Training",
    help="How to learn; see `strategies`. With --help, its settings are shown.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    panel="Training",
    help="Seed of weights, image order and class order.",
)
@click.option(
    "--half", is_flag=True, panel="Output", help="Save the checkpoints in half precision."
)
@click.option(
    "--step-checkpoints",
    is_flag=True,
    panel="Output",
    help="Save checkpoints within each task but the first, too.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    panel="Output",
    help="Folder of the run; given again, an unfinished run goes on.",
)
def train(as_json: bool, out: Path | None, **given: Any) -> int:
    """Train one strategy on one scenario.

    Ctrl+C keeps what was learned and ends with status 130.
    """
    with interrupt.interruptible() as stop:
        config = make_config(**given)
        folder = run_store.create(config, out)
        for event in progress.with_bars(run_store.learn(folder, stop=stop), config):
            if isinstance(event, Stopped):
                print(_stopped(event, folder.name), file=sys.stderr)
        history = run_store.history(folder)
        report = history.report(folder.name)
        print(json.dumps(report) if as_json else _table(history, report))
    return 0 if history.finished else interrupt.STATUS


def _stopped(event: Stopped, run: str) -> str:
    if event.task == event.step == 0:
        return f"Stopped before the first step; {run} can go on from its start."
    return f"Stopped in task {event.task + 1}; what was learned is kept in {run}."


@click.command(cls=CommandWithNetwork)
@run_options
@json_option()
@click.option(
    "--strategies", required=True, panel="Training", help="Names with commas between them, or all."
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    panel="Training",
    help="Seeds 0, 1, ... each strategy is run with.",
)
def compare(strategies: str, seeds: int, as_json: bool, **given: Any) -> None:
    """Compare strategies on the same images in the same order: mean and standard error over seeds.

    They train side by side where there are cores. Ctrl+C ends with status 130 and keeps nothing.
    """
    from tqdm import tqdm

    from ..runs import comparison
    from ..training import setup

    configurations = [
        setup.resolve(make_config(**given, strategy=name, seed=seed))
        for name in _strategy_names(strategies, given["scenario"])
        for seed in range(seeds)
    ]
    progress.show_preparation(comparison.prepare(configurations))
    bar = tqdm(comparison.race(configurations), total=len(configurations), unit="run")
    rows = comparison.rows(bar, configurations)
    if as_json:
        print(json.dumps(rows))
    else:
        tables.print_comparison(rows)


def _strategy_names(given: str, scenario: str) -> list[str]:
    """Returns the names given, each once; for "all", those defined for the scenario."""
    if given != "all":
        return list(dict.fromkeys(name.strip() for name in given.split(",")))
    from ..service import catalog

    return [strategy.name for strategy in catalog.strategies(scenario)]


def make_config(**given: Any) -> RunConfig:
    """Returns the configuration of a run, see `setup.make_config`."""
    from ..training import setup

    return setup.make_config(**given)


def _table(history: History, report: dict[str, Any]) -> str:
    run = report["run"]
    if not history.learned:
        return f"{run}: no task learned yet"
    rows = [" ".join(map(formatting.cell, row)) for row in report["accuracy"]]
    measures = [
        f"{name.replace('_', ' '):<30} {formatting.cell(report[name])}"
        for name in history.measures()
        if report[name] is not None
    ]
    stored = report["stored"]
    lines = [
        f"{run}: {report['source']}",
        "accuracy in percent, a row after each task, a column for each task",
        *rows,
        *measures,
        f"{'seconds of training':<30} {report['seconds']:6.1f}",
    ]
    if report["operations"] is not None:
        count = formatting.operations(report["operations"])
        lines.append(f"multiply-accumulate operations of training: {count}")
    if report["peak_memory"] is not None:
        lines.append(f"peak memory of the process: {formatting.size(report['peak_memory'])}")
    if stored is not None:
        lines.append(f"stored for earlier tasks: {formatting.sizes_by_kind(stored)}")
    return "\n".join(lines)
