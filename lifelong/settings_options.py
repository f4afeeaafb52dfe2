"""Command-line flags made from the fields of the strategies."""

from typing import Any

import click

from . import registry
from .config import SCENARIOS


class WithSettings(click.Command):
    """A command with a flag for every setting of every strategy; those given arrive as the dict `settings`."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx)[:-1], *_options(), *super().get_params(ctx)[-1:]]

    def invoke(self, ctx: click.Context) -> Any:
        given = {o.name: ctx.params.pop(o.name, None) for o in _options()}
        ctx.params["settings"] = {name.removeprefix("setting_"): v for name, v in given.items() if v is not None}
        return super().invoke(ctx)


def _options() -> list[click.Option]:
    options: dict[str, click.Option] = {}
    for strategy in registry.names("strategies"):
        for setting in registry.strategy(strategy).settings("else"):
            known = options.get(setting.name)
            words = f"{strategy}: {setting.help}" + (f" One of {', '.join(setting.options)}." if setting.options else "")
            if known is None:
                flag = f"--{setting.name.replace('_', '-')}"
                options[setting.name] = click.Option([flag, f"setting_{setting.name}"], type=setting.kind, help=words)
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
