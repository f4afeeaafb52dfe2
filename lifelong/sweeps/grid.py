"""Grid of a sweep: strategies, scenarios, seeds and settings, and the runs that it stands for."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, field_validator

from .. import registry
from ..config import DEFAULT_SCENARIO, RunConfig, ScenarioName
from ..errors import LifelongError, unknown_name
from ..training.setup import make_config, resolve
from ..validation import Config, validated

Value = float | int | bool | str
ALL = "all"  # strategies: each that is defined for the scenario
MOST_BYTES = 1_000_000  # of a file
MOST_RUNS = 100_000


class Grid(Config):
    """Strategies x scenarios x seeds x settings.

    settings: values by the name of a setting, for each strategy that has it, or by
    "strategy.setting", for this one. run: fields of the configuration that all runs share, such as
    dataset, model or recipe.
    """

    strategies: tuple[str, ...] = Field(min_length=1)
    scenarios: tuple[ScenarioName, ...] = Field(default=(DEFAULT_SCENARIO,), min_length=1)
    seeds: tuple[int, ...] = Field(default=(0,), min_length=1)
    settings: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    run: dict[str, Any] = Field(default_factory=dict)

    @field_validator("strategies", "scenarios", mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        if isinstance(given, str):
            given = [name.strip() for name in given.split(",")]
        return list(dict.fromkeys(given)) if isinstance(given, Sequence) else given

    @field_validator("seeds", mode="before")
    @classmethod
    def _seeds(cls, given: Any) -> Any:
        return range(min(given, MOST_RUNS)) if isinstance(given, int) else given

    @field_validator("settings", mode="before")
    @classmethod
    def _values(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {n: v if isinstance(v, list | tuple) else [v] for n, v in given.items()}


@dataclass(frozen=True)
class Planned:
    """One run of a sweep. label: its strategy, with the settings that are varied."""

    config: RunConfig
    label: str

    @property
    def name(self) -> str:
        """Name of the run's folder: the same for the same configuration, so that it goes on."""
        fields = self.config.model_dump_json(exclude={"version"}).encode()
        digest = hashlib.blake2b(fields, digest_size=4).hexdigest()
        config = self.config
        return f"{config.dataset}-{config.scenario}-{config.strategy}-{digest}"


def read(file: Path) -> Grid:
    """Reads a grid from a YAML file: the fields of `Grid`, and beside them those of a run.

    Raises LifelongError for a file that cannot be read or has other fields.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise LifelongError(f"{file.name} is too large for a sweep; expected a few lines.")
        given = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        raise LifelongError(f"{file.name} could not be read ({error.strerror}).") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise LifelongError(f"{file.name} is not YAML ({reason}); see docs/cluster.md.") from None
    if not isinstance(given, dict):
        raise LifelongError(
            f"{file.name} has no fields; expected at least a line `strategies: [finetune, ewc]`."
        )
    return make(given)


def make(given: Mapping[str, Any]) -> Grid:
    """Returns the grid of these fields. Raises LifelongError for one that does not fit."""
    own = {name: value for name, value in given.items() if name in Grid.model_fields}
    run = {str(name): value for name, value in given.items() if name not in Grid.model_fields}
    known = RunConfig.model_fields.keys() - {"strategy", "scenario", "seed", "version"}
    for name in run:
        if name not in known:
            raise unknown_name("field", name, [*Grid.model_fields, *sorted(known)])
    return validated(lambda: Grid.model_validate({**own, "run": {**own.get("run", {}), **run}}))


def plan(grid: Grid) -> tuple[list[Planned], list[str]]:
    """Returns the runs of a grid, resolved, and the pairs left out: "xdg in class".

    A strategy is left out of a scenario that it is not defined for. Raises LifelongError for an
    unknown name, a setting that none of the strategies has, and a grid without runs.
    """
    runs, left_out = [], []
    used: set[str] = set()
    for scenario in grid.scenarios:
        for name in _strategies(grid, scenario):
            if scenario not in registry.strategy(name).scenarios:
                left_out.append(f"{name} in {scenario}")
                continue
            for settings in _combinations(grid, name, scenario, used):
                label = " ".join([name, *(f"{n}={_text(v)}" for n, v in settings.items())])
                for seed in grid.seeds:
                    runs.append(Planned(_config(grid, scenario, name, settings, seed), label))
    for name in grid.settings:
        if name not in used:
            raise LifelongError(
                f"The setting '{name}' belongs to none of the strategies of this sweep; "
                "`lifelong train --strategy NAME --help` lists those of one."
            )
    if not runs:
        raise LifelongError(f"No run is left: {', '.join(left_out)} is not defined.")
    return runs, left_out


def _strategies(grid: Grid, scenario: str) -> Iterator[str]:
    for name in grid.strategies:
        if name != ALL:
            yield name
            continue
        for each, strategy in registry.strategies().items():
            if scenario in strategy.scenarios:
                yield each


def _combinations(
    grid: Grid, strategy: str, scenario: str, used: set[str]
) -> Iterator[dict[str, Value]]:
    """Yields each combination of the settings that a strategy has; notes their names as used."""
    known = {each.name for each in registry.strategy(strategy).settings(scenario)}
    varied: dict[str, tuple[Value, ...]] = {}
    for name, values in grid.settings.items():
        owner, _dot, setting = name.rpartition(".")
        if setting in known and owner in ("", strategy):
            varied[setting] = values
            used.add(name)
    for values in product(*varied.values()):
        yield dict(zip(varied, values))


def _config(
    grid: Grid, scenario: str, strategy: str, settings: dict[str, Value], seed: int
) -> RunConfig:
    fields = {**grid.run, "scenario": scenario, "strategy": strategy, "seed": seed}
    fields["settings"] = {**grid.run.get("settings", {}), **settings}
    return resolve(make_config(**fields))


def _text(value: Value) -> str:
    return str(value) if isinstance(value, str | bool) else f"{value:g}"
