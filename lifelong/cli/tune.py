"""Command `tune`: searches a strategy's settings on held-out training images."""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rich_click as click

from ..config import RunConfig
from ..errors import LifelongError
from . import interrupt, progress
from .options import json_option, ray_option, run_options, strategy_names
from .setting_options import CommandWithSettings
from .train import make_config


@click.command(cls=CommandWithSettings)
@run_options
@json_option()
@click.option(
    "--strategy",
    required=True,
    panel="Training",
    shell_complete=strategy_names,
    help="Whose settings are searched.",
)
@click.option(
    "--search",
    "names",
    default="",
    panel="Search",
    help="Names of settings with commas between them.  [default: all]",
)
@click.option(
    "--trials",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    panel="Search",
    help="Number of trials; the first one is of the defaults.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0.01, 0.9),
    default=0.1,
    show_default=True,
    panel="Search",
    help="Share of each class's training images that the trials are judged by.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    panel="Search",
    help="Runs a trial, of seeds 0, 1, ...; the mean counts.",
)
@ray_option()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    panel="Output",
    help="Folder of the search; given again, it goes on.  [default: tuning-STRATEGY]",
)
def tune(
    names: str,
    trials: int,
    held_out: float,
    seeds: int,
    address: str | None,
    out: Path | None,
    as_json: bool,
    **given: Any,
) -> int:
    """Search a strategy's settings on held-out training images.

    Test images are never looked at. Settings that are given, such as `--per-class 20`, stay as they
    are if --search does not name them. Ctrl+C keeps the trials and ends with status 130. Needs
    Optuna: `pip install optuna`. With --ray as many trials are evaluated at once as there are cores
    or machines.
    """
    from ..runs import tuning

    config = make_config(**given, seed=0)
    search = tuning.Search(
        config, tuple(filter(None, names.split(","))), held_out, tuple(range(seeds))
    )
    folder = out or Path(f"tuning-{config.strategy}")
    with interrupt.interruptible() as stop:
        _show(_trials(search, folder, trials, stop, address), config, as_json)
    try:
        best, done = tuning.read(folder)
    except LifelongError:  # stopped before the first trial ended
        return interrupt.STATUS
    report = {"folder": str(folder), "trials": len(done), "best": vars(best)}
    print(json.dumps(report) if as_json else _summary(config, best, done[0], len(done)))
    return 0 if len(done) >= trials else interrupt.STATUS


def _trials(
    search: Any, folder: Path, trials: int, stop: Callable[[], bool], address: str | None
) -> Iterator[Any]:
    """Yields the trials, evaluated here or on the cluster at an address."""
    from ..runs import tuning
    from ..training import setup

    search.space()  # before anything is loaded, whether there is something to search
    prepared = progress.result_with_bars(setup.prepare(search.config))
    if address is None:
        evaluate = tuning.in_this_process(search, prepared, stop)
        yield from tuning.search(search, evaluate, folder, trials, stop)
        return
    from ..sweeps import cluster
    from ..sweeps.search import on_cluster

    resources = cluster.Resources()
    with cluster.connected(address):
        evaluate = on_cluster(search, prepared, resources, stop)
        at_once = cluster.at_once(resources)
        yield from tuning.search(search, evaluate, folder, trials, stop, at_once)


def _show(trials: Iterator[Any], config: RunConfig, as_json: bool) -> None:
    from tqdm import tqdm

    for trial in tqdm(trials, desc=config.strategy, unit="trial", leave=False):
        if not as_json:
            tqdm.write(f"{trial.accuracy:7.2%}  {_words(trial.settings)}")


def _words(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in settings.items())


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _summary(config: RunConfig, best: Any, first: Any, trials: int) -> str:
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in best.settings.items()]
    command = ["lifelong", "train", "--strategy", config.strategy, *flags]
    return (
        f"Best of {trials}: {best.accuracy:.2%} on held-out images with {_words(best.settings)}; "
        f"with the defaults {first.accuracy:.2%}.\n{shlex.join(command)}"
    )
