"""Strategies and networks as people choose them: their texts and their settings."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import registry
from ..config import SCENARIOS
from ..settings import Setting
from ..strategies.parts.families import FAMILIES

if TYPE_CHECKING:
    from ..strategies.base import Strategy

PLUGIN_BASES = ("Strategy", "Model", "Torchvision")  # classes that strategies and networks are of


@dataclass(frozen=True)
class StrategyInfo:
    """Texts and settings of a strategy; settings: with the defaults of one scenario."""

    name: str
    title: str
    family: str
    summary: str
    stores: str
    costs: str
    source: str
    settings: tuple[Setting, ...]
    quick_note: str


def strategies(scenario: str) -> list[StrategyInfo]:
    """Returns the strategies defined for a scenario: by family, the simplest first, then by title.

    Families are in the order of FAMILIES. Settings have this scenario's defaults.
    """
    order, found = list(FAMILIES), registry.strategies()
    defined = [name for name, strategy in found.items() if scenario in strategy.scenarios]

    def position(name: str) -> tuple[int, bool, str]:
        kind = found[name]
        family = order.index(kind.family) if kind.family in order else len(order)
        return family, not kind.simplest_of_family, kind.title.lower()

    return [_strategy_info(name, found[name], scenario) for name in sorted(defined, key=position)]


def _strategy_info(name: str, strategy: "type[Strategy]", scenario: str) -> StrategyInfo:
    return StrategyInfo(
        name,
        strategy.title,
        strategy.family,
        strategy.summary,
        strategy.stores,
        strategy.costs,
        strategy.source,
        strategy.settings(scenario),
        strategy.quick_note,
    )


def protectors() -> list[StrategyInfo]:
    """Returns the strategies that can protect the source of a transfer study, by family."""
    return [info for info in strategies("transfer") if registry.strategy(info.name).protects_source]


def strategy_titles() -> dict[str, str]:
    """Returns every strategy's title by its name.

    Titles are read from the source files without importing them: torch takes a second.

    >>> strategy_titles()["ewc"]
    'EWC'
    """
    return {name: strategy_outline(name).title for name in registry.names("strategies")}


@dataclass(frozen=True)
class StrategyOutline:
    """Facts about a strategy that its source file declares as literals; see `Strategy`."""

    title: str
    family: str = ""
    summary: str = ""
    quick_note: str = ""
    at_once: bool = False
    simplest_of_family: bool = False


def strategy_outline(name: str) -> StrategyOutline:
    """Returns an outline of a strategy without importing it; of an unknown one its name alone.

    >>> strategy_outline("joint").at_once, strategy_outline("no-such-strategy").title
    (True, 'no-such-strategy')
    """
    if name not in registry.names("strategies"):
        return StrategyOutline(name)
    found = _literals(*registry.source("strategies", name))
    fields = StrategyOutline.__dataclass_fields__
    return StrategyOutline(**{"title": name} | {n: v for n, v in found.items() if n in fields})


def whole_network(model: str, settings: dict[str, Any]) -> str:
    """Returns which deep network learns with all its layers, empty where only the last ones do.

    Its title is read from the source file, as those of strategies are.

    >>> whole_network("resnet50", {"tune": "whole"}), whole_network("resnet50", {"tune": "head"})
    ('whole ResNet-50', '')
    """
    if settings.get("tune") != "whole":
        return ""
    known = model in registry.names("models")
    found = _literals(*registry.source("models", model)) if known else {}
    return f"whole {found.get('title', model)}"


@cache
def _literals(file: Path, of: str | None) -> dict[str, Any]:
    """Returns the literals that a class in a source file sets, by default the plug-in's."""
    if not file.is_file():
        return {}
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and (_is_plugin(node) if of is None else of == node.name):
            lines = [line for line in node.body if isinstance(line, ast.Assign)]
            return {
                ast.unparse(line.targets[0]): _literal(line.value)
                for line in lines
                if _literal(line.value) is not None
            }
    return {}


def _is_plugin(node: ast.ClassDef) -> bool:
    """Returns whether a class is a strategy or a network; these never derive from one another."""
    return any(ast.unparse(base).rpartition(".")[2] in PLUGIN_BASES for base in node.bases)


def _literal(value: ast.expr) -> Any:
    """Returns the value of a literal; None of any other expression."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None


@dataclass(frozen=True)
class ModelInfo:
    """Texts and settings of a network."""

    name: str
    title: str
    summary: str
    settings: tuple[Setting, ...]


def networks() -> tuple[ModelInfo, ...]:
    """Returns the networks that have a file of their own.

    On the command line every other network of torchvision goes by its name.
    """
    return tuple(
        ModelInfo(name, model.title, model.summary, model.form_settings())
        for name, model in registry.models().items()
    )


def trains_deep_network(model: str, settings: dict[str, Any]) -> bool:
    """Returns whether training a network with these settings keeps all cores, or a GPU, busy."""
    return registry.model(model).from_settings(model, "else", settings).threads is None


def strategy_rows() -> list[dict[str, Any]]:
    """Returns every strategy with its texts and settings, as JSON values."""
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
    """Returns every setting of a strategy with its default in each scenario, as JSON values."""
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
