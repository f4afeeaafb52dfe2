"""Command-line flags made from the fields of the strategies and the models."""

from typing import Any

import click

from . import registry
from .config import SCENARIOS


class WithSettings(click.Command):
    """A command with a flag for every setting of every strategy and model; those given arrive as the dicts `settings` and `network`."""

    kinds = ("settings", "network")

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx)[:-1], *_options(self.kinds), *super().get_params(ctx)[-1:]]

    def invoke(self, ctx: click.Context) -> Any:
        given = {o.name: ctx.params.pop(o.name, None) for o in _options(self.kinds)}
        for kind in self.kinds:
            ctx.params[kind] = {name.removeprefix(f"{kind}_"): v for name, v in given.items() if v is not None and name.startswith(f"{kind}_")}
        return super().invoke(ctx)


class WithNetwork(WithSettings):
    """A command with a flag for every setting of every model."""

    kinds = ("network",)


def _options(kinds: tuple[str, ...]) -> list[click.Option]:
    options: dict[str, click.Option] = {}
    found = {"settings": ("strategies", registry.strategy), "network": ("models", registry.model)}
    parts = [(kind, name, found[kind][1](name)) for kind in kinds for name in registry.names(found[kind][0])]
    for kind, part, made in parts:
        for setting in made.settings("else"):
            known = options.get(setting.name)
            words = f"{part}: {setting.help}" + (f" One of {', '.join(setting.options)}." if setting.options else "")
            if known is None:
                flag = f"--{setting.name.replace('_', '-')}"
                options[setting.name] = click.Option([flag, f"{kind}_{setting.name}"], type=setting.kind, help=words)
            else:
                known.help = f"{known.help} {words}"
    return list(options.values())


def defaults(strategy: type) -> list[dict[str, Any]]:
    """Every setting of a strategy with its default in each scenario, as plain values."""
    scenarios = [s for s in SCENARIOS if s in strategy.scenarios]
    first = strategy.settings(scenarios[0])
    by_scenario = {s: {setting.name: setting.default for setting in strategy.settings(s)} for s in scenarios}
    return [
        {"name": s.name, "help": s.help, "low": s.low, "high": s.high, "options": list(s.options), "defaults": {k: v[s.name] for k, v in by_scenario.items()}}
        for s in first
    ]
