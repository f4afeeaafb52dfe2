"""Histories whose configuration has a value for every setting.

Older records lack the settings that came later, and those that had their default. Filled in, an
older run and a new one of the same configuration are equal.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from lifelong import api
from lifelong.api import History, RunConfig


@dataclass(frozen=True, eq=False)
class ByIdentity:
    """History that is equal to itself alone: the store makes another one when a record grows."""

    history: History

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and self.history is other.history

    def __hash__(self) -> int:
        return id(self.history)


def completed(history: History) -> History:
    """Returns a history with its configuration completed; the same object for the same history."""
    return _completed(ByIdentity(history))


@lru_cache(maxsize=256)
def _completed(given: ByIdentity) -> History:
    return History(completed_config(given.history.config), given.history.events)


def completed_config(config: RunConfig) -> RunConfig:
    """Returns a configuration with the defaults of all settings that it leaves out."""
    if config.program:  # its settings are not known
        return config
    defaults, names = _strategy_defaults(config.strategy, config.scenario)
    own = {names.get(name, name): value for name, value in config.settings.items()}
    network = _network_defaults(config.model)
    return config.with_changes(settings={**defaults, **own}, network={**network, **config.network})


@cache
def _strategy_defaults(strategy: str, scenario: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Returns the defaults of a strategy's settings, and their names by the former ones."""
    infos = (info for info in api.strategies(scenario) if info.name == strategy)
    settings = next((info.settings for info in infos), ())
    former = {setting.former_name: setting.name for setting in settings if setting.former_name}
    return {setting.name: setting.default for setting in settings}, former


@cache
def _network_defaults(model: str) -> dict[str, Any]:
    settings = next((info.settings for info in api.networks() if info.name == model), ())
    return {setting.name: setting.default for setting in settings}
