"""Strategies and networks as a person chooses them: what each is, and its settings."""

import ast
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import registry
from ..config import SCENARIOS
from ..strategies.parts.families import FAMILIES
from ..transfer.config import CANNOT_PROTECT

if TYPE_CHECKING:
    from ..strategies.base import Strategy

SIMPLEST = (
    "finetune",
    "ewc",
    "separate",
    "replay",
    "dgr",
    "ncm",
)  # of each family, what the others are compared with


@dataclass(frozen=True)
class StrategyInfo:
    """A strategy as a person chooses it. settings: its Setting values with this scenario's
    defaults.
    """

    name: str
    title: str
    family: str
    summary: str
    stores: str
    costs: str
    source: str
    settings: tuple
    quick_note: str


def strategies(scenario: str) -> list[StrategyInfo]:
    """The strategies defined for a scenario with their settings, family by family, in the order of
    FAMILIES.
    """
    cards = []
    for name, s in registry.strategies().items():
        if scenario in s.scenarios:
            cards.append(
                StrategyInfo(
                    name,
                    s.title,
                    s.family,
                    s.summary,
                    s.stores,
                    s.costs,
                    s.source,
                    s.settings(scenario),
                    s.quick_note,
                )
            )
    return sorted(
        cards,
        key=lambda card: (
            list(FAMILIES).index(card.family),
            card.name not in SIMPLEST,
            card.title.lower(),
        ),
    )


def strategy_titles() -> dict[str, str]:
    """Returns every strategy's title by its name.

    Titles are read from the source files without importing them: torch takes a second.

    >>> strategy_titles()["ewc"]
    'EWC'
    """
    sources = {name: registry.source("strategies", name) for name in registry.names("strategies")}
    return {name: _title(*source) or name for name, source in sources.items()}


@cache
def _title(file: Path, of: str | None) -> str | None:
    """Returns the title of a class in a source file, by default of the first class; or None."""
    if not file.is_file():
        return None
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and of in (None, node.name):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "title":
                    return ast.literal_eval(line.value)
    return None


@dataclass(frozen=True)
class ModelInfo:
    """A network as the app presents it."""

    name: str
    title: str
    summary: str
    settings: tuple[Any, ...]


def networks() -> tuple[ModelInfo, ...]:
    """The networks that have a file of their own; any other of torchvision goes by its name on the
    command line.
    """
    return tuple(
        ModelInfo(name, model.title, model.summary, network_settings(name))
        for name, model in registry.models().items()
    )


def network_settings(model: str) -> tuple[Any, ...]:
    """The settings of a network; where weights are asked for, those that can be had."""
    from ..models.parts import weights

    offered = (
        *(["shipped"] if weights.default_source(model) == "shipped" else []),
        "imagenet",
        "none",
    )
    return tuple(
        replace(setting, options=offered, default=offered[0])
        if setting.name == "weights"
        else setting
        for setting in registry.model(model).settings("else")
    )


def protectors() -> list[StrategyInfo]:
    """The strategies that can protect the source of a transfer study, family by family."""
    return [card for card in strategies("transfer") if card.name not in CANNOT_PROTECT]


def strategy_rows() -> list[dict[str, Any]]:
    """Every strategy with its words and settings, as plain values."""
    rows = []
    for name, s in registry.strategies().items():
        rows.append(
            {
                "name": name,
                "title": s.title,
                "family": s.family,
                "summary": s.summary,
                "stores": s.stores,
                "costs": s.costs,
                "source": s.source,
                "scenarios": sorted(s.scenarios),
                "settings": defaults(s),
            }
        )
    return rows


def defaults(strategy: "type[Strategy]") -> list[dict[str, Any]]:
    """Every setting of a strategy with its default in each scenario, as plain values."""
    scenarios = [s for s in SCENARIOS if s in strategy.scenarios]
    first = strategy.settings(scenarios[0])
    by_scenario = {
        s: {setting.name: setting.default for setting in strategy.settings(s)} for s in scenarios
    }
    return [
        {
            "name": s.name,
            "help": s.help,
            "low": s.low,
            "high": s.high,
            "options": list(s.options),
            "defaults": {k: v[s.name] for k, v in by_scenario.items()},
        }
        for s in first
    ]
