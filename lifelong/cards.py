"""Strategies and networks as a person chooses them: what each is, and its settings."""

from dataclasses import dataclass, replace
from typing import Any

from . import registry
from .config import FAMILIES
from .study import UNPROTECTING

_SIMPLEST = ("finetune", "ewc", "separate", "replay", "dgr", "ncm")  # of each family, what the others are compared with


@dataclass(frozen=True)
class StrategyCard:
    """A strategy as a person chooses it. settings: its Setting values with this scenario's defaults."""

    name: str
    title: str
    family: str
    summary: str
    stores: str
    costs: str
    source: str
    settings: tuple
    if_quick: str


def strategies(scenario: str) -> list[StrategyCard]:
    """The strategies defined for a scenario with their settings, family by family, in the order of FAMILIES."""
    cards = []
    for name in registry.names("strategies"):
        s = registry.strategy(name)
        if scenario in s.scenarios:
            cards.append(StrategyCard(name, s.title, s.family, s.summary, s.stores, s.costs, s.source, s.settings(scenario), s.if_quick))
    return sorted(cards, key=lambda card: (list(FAMILIES).index(card.family), card.name not in _SIMPLEST, card.title.lower()))


@dataclass(frozen=True)
class NetworkCard:
    """A network as the app presents it."""

    name: str
    title: str
    summary: str
    settings: tuple[Any, ...]


def networks() -> tuple[NetworkCard, ...]:
    """The networks that have a file of their own; any other of torchvision goes by its name on the command line."""
    found = [(name, registry.model(name)) for name in registry.names("models")]
    return tuple(NetworkCard(name, model.title, model.summary, network_settings(name)) for name, model in found)


def network_settings(model: str) -> tuple[Any, ...]:
    """The settings of a network; where weights are asked for, those that can be had."""
    from .models import _weights

    offered = (*(["shipped"] if _weights.usual(model) == "shipped" else []), "imagenet", "none")
    return tuple(
        replace(setting, options=offered, default=offered[0]) if setting.name == "weights" else setting
        for setting in registry.model(model).settings("else")
    )


def protectors() -> list[StrategyCard]:
    """The strategies that can protect the source of a transfer study, family by family."""
    return [card for card in strategies("transfer") if card.name not in UNPROTECTING]
