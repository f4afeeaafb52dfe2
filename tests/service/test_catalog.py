"""Laws of the lists that people choose from: order of strategies, settings of networks."""

from typing import ClassVar

import pytest

from lifelong import registry
from lifelong.config import SCENARIOS
from lifelong.service import catalog
from lifelong.strategies.parts.families import FAMILIES


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_strategies_are_listed_by_family_the_simplest_first(scenario):
    families = [info.family for info in catalog.strategies(scenario)]
    assert families == sorted(families, key=list(FAMILIES).index)
    first = {}
    for info in catalog.strategies(scenario):
        first.setdefault(info.family, registry.strategy(info.name).simplest_of_family)
    defined = {
        strategy.family
        for strategy in registry.strategies().values()
        if strategy.simplest_of_family and scenario in strategy.scenarios
    }
    assert {family for family, simplest in first.items() if simplest} == defined


def test_every_family_has_one_strategy_that_the_others_are_compared_with():
    simplest = [s.family for s in registry.strategies().values() if s.simplest_of_family]
    assert sorted(simplest) == sorted(FAMILIES)


def test_a_family_of_another_package_comes_last(monkeypatch):
    class Odd(registry.strategy("ewc")):
        family: ClassVar[str] = "odd"

    strategies = registry.strategies()
    monkeypatch.setattr(registry, "strategies", lambda: strategies | {"odd": Odd})
    assert catalog.strategies("class")[-1].name == "odd"


def test_a_strategy_without_protection_is_not_offered_as_a_protector():
    offered = {info.name for info in catalog.protectors()}
    assert not {"scratch", "frozen", "finetune", "joint"} & offered and "lwf" in offered


def test_a_form_offers_the_weights_that_there_are():
    settings = {s.name: s for info in catalog.networks() for s in info.settings}
    assert settings["weights"].options == ("shipped", "imagenet", "none")
    assert settings["weights"].default == "shipped"
    without = {s.name: s for s in registry.model("resnet18").form_settings()}["weights"]
    assert without.options == ("imagenet", "none") and without.default == "imagenet"


@pytest.mark.parametrize(
    ("model", "settings", "deep"),
    [("mlp", {}, False), ("resnet50", {}, False), ("resnet50", {"tune": "whole"}, True)],
)
def test_a_network_that_is_trained_as_a_whole_is_deep(model, settings, deep):
    assert catalog.trains_deep_network(model, settings) == deep
