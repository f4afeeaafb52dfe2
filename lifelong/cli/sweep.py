"""Command `sweep`: a grid of runs, on this machine or on a Ray cluster."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import rich_click as click
from click.core import ParameterSource

from ..errors import LifelongError
from ..formatting import plural
from . import interrupt, progress, tables
from .options import json_option, parse_numbers, ray_option, sweep_options
from .setting_options import CommandWithNetwork

# Options that are fields of every run.
RUN_FIELDS = (
    "dataset", "tasks", "class_order", "task_sizes", "target", "images_per_class", "model",
    "recipe", "steps", "learning_rate", "precision", "device",
)  # fmt: skip


@click.command(cls=CommandWithNetwork)
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@sweep_options
@json_option("list")
@click.option("--strategies", panel="Grid", help="Names with commas between them, or all.")
@click.option("--scenarios", panel="Grid", help="Names with commas between them.  [default: class]")
@click.option(
    "--seeds", panel="Grid", help="Their number, from 0 on, or seeds as 3,7,9.  [default: 1]"
)
@click.option(
    "--set",
    "varied",
    multiple=True,
    metavar="NAME=VALUE,...",
    panel="Grid",
    help="Values of a setting, of all strategies that have it, or of one: ewc.strength=1e3,1e4.",
)
@ray_option()
@click.option(
    "--cpus", type=click.FloatRange(0.01), panel="Machines", help="Of a run.  [default: 1]"
)
@click.option(
    "--gpus", type=click.FloatRange(0), default=0, panel="Machines", help="Of a run, such as 0.25."
)
@click.option(
    "--retries",
    type=click.IntRange(0, 100),
    default=3,
    show_default=True,
    panel="Machines",
    help="Times that a run goes on after its worker died.",
)
@click.option(
    "--shared",
    is_flag=True,
    panel="Machines",
    help="All machines see the folder of the runs under the same path; nothing is sent.",
)
@click.option("--dry-run", is_flag=True, panel="Output", help="List the runs, learn nothing.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    panel="Output",
    help="Folder of the runs.  [default: that of all runs]",
)
@click.pass_context
def sweep(context: click.Context, file: Path | None, out: Path | None, **given: Any) -> int:
    """Learn a grid of runs: strategies x scenarios x seeds x settings.

    The grid is in FILE (YAML), in the options, or both. Runs that are complete are not learned
    again, and others go on where they stopped: give the same command again. Ctrl+C keeps what was
    learned and ends with status 130. On Ray each run is one piece of work: `pip install ray`.
    """
    from ..sweeps import grid as grids
    from ..sweeps import results
    from ..sweeps import sweep as sweeps

    planned, left_out = grids.plan(grids.make(_fields(context, file, given)))
    if left_out:
        print(f"Not defined and left out: {', '.join(left_out)}.", file=sys.stderr)
    if given["dry_run"]:
        for each in planned:
            print(f"{each.name}  {each.config.scenario} {each.label} seed {each.config.seed}")
        return 0
    runs = sweeps.create(planned, out)
    with interrupt.interruptible() as stop:
        errors = _learn([run for run in runs if not sweeps.is_finished(run)], given, stop)
        rows = results.rows(planned, runs)
    _print(rows, errors, given["as_json"])
    if errors:
        return 2
    return 0 if all(map(sweeps.is_finished, runs)) else interrupt.STATUS


def _fields(context: click.Context, file: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields of the grid: those of the file, and over them the options given."""
    from ..sweeps import grid as grids

    found: dict[str, Any] = dict(grids.read(file).model_dump(exclude_defaults=True)) if file else {}
    run = dict(found.pop("run", {}))
    settings = dict(found.get("settings", {}))
    for name in ("strategies", "scenarios"):
        if given[name]:
            found[name] = given[name]
    if given["seeds"]:
        numbers = parse_numbers(context, _option(context, "seeds"), given["seeds"])
        is_count = "," not in given["seeds"]
        found["seeds"] = numbers[0] if numbers and is_count else numbers
    for text in given["varied"]:
        name, sign, values = text.partition("=")
        if not sign or not values:
            raise LifelongError(f"--set was given as '{text}'; expected NAME=VALUE,VALUE.")
        settings[name.strip()] = [_value(value.strip()) for value in values.split(",")]
    for name in RUN_FIELDS:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            run[name] = given[name]
    if given["network"]:
        run["network"] = {**run.get("network", {}), **given["network"]}
    if "strategies" not in found:
        raise LifelongError("A sweep needs strategies; give --strategies, or a FILE with them.")
    return {**found, "settings": settings, "run": run}


def _option(context: click.Context, name: str) -> click.Parameter:
    return next(each for each in context.command.params if each.name == name)


def _value(text: str) -> float | int | bool | str:
    """Returns the value of a setting that was given as text.

    >>> [_value(text) for text in ("20", "1e3", "true", "sampled")]
    [20, 1000.0, True, 'sampled']
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text.lower(), text)


def _learn(runs: Sequence[Path], given: dict[str, Any], stop: Any) -> dict[str, str]:
    """Learns runs with a bar; returns the errors by run."""
    from ..sweeps import cluster
    from ..sweeps import sweep as sweeps

    if not runs:
        return {}
    if given["address"] is None:
        return _show(sweeps.learn(runs, stop=stop), runs)
    resources = cluster.Resources(
        given["cpus"] or sweeps.cpus_of(runs), given["gpus"], given["retries"]
    )
    with cluster.connected(given["address"]):
        prepared = sweeps.learn_on_cluster(runs, resources, stop, given["shared"])
        return _show(progress.result_with_bars(prepared), runs)


def _show(updates: Iterator[Any], runs: Sequence[Path]) -> dict[str, str]:
    from tqdm import tqdm

    errors: dict[str, str] = {}
    shares = dict.fromkeys((run.name for run in runs), 0.0)
    form = "{desc}{percentage:3.0f}%|{bar}| {n:.1f}/{total} runs [{elapsed}<{remaining}]"
    with tqdm(total=len(runs), bar_format=form) as bar:
        for update in updates:
            shares[update.run] = update.share
            bar.update(min(sum(shares.values()), len(runs)) - bar.n)
            if update.error:
                errors[update.run] = update.error
                tqdm.write(f"{update.run}: {update.error}", file=sys.stderr)
    return errors


def _print(rows: list[dict[str, Any]], errors: dict[str, str], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
    for scenario in () if as_json else dict.fromkeys(row["scenario"] for row in rows):
        print(f"{scenario}:")
        tables.print_comparison([row for row in rows if row["scenario"] == scenario])
    if errors:
        failed = plural(len(errors), "run")
        print(f"{failed} ended with an error; give the command again to go on.", file=sys.stderr)
