"""Command-line flags made from the fields of the strategies and the models."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from .. import config as configs
from .. import registry
from ..errors import LifelongError
from ..settings import Configurable


class CommandWithSettings(click.Command):
    """A command with a flag for every setting of every strategy and model; those given arrive as the dicts `settings` and `network`."""

    kinds = ("settings", "network")

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx)[:-1], *_options(self.kinds), *super().get_params(ctx)[-1:]]

    def invoke(self, ctx: click.Context) -> Any:
        given = {o.name: ctx.params.pop(o.name, None) for o in _options(self.kinds)}
        for kind in self.kinds:
            ctx.params[kind] = {
                name.removeprefix(f"{kind}_"): v
                for name, v in given.items()
                if v is not None and name.startswith(f"{kind}_")
            }
        return super().invoke(ctx)


class CommandWithNetwork(CommandWithSettings):
    """A command with a flag for every setting of every model."""

    kinds = ("network",)


def _options(kinds: tuple[str, ...]) -> list[click.Option]:
    options: dict[str, click.Option] = {}
    found: dict[str, Callable[[], Mapping[str, type[Configurable]]]] = {
        "settings": registry.strategies,
        "network": registry.models,
    }
    parts = [(kind, name, made) for kind in kinds for name, made in found[kind]().items()]
    for kind, part, made in parts:
        for setting in made.settings("else"):
            known = options.get(setting.name)
            words = f"{part}: {setting.help}" + (
                f" One of {', '.join(setting.options)}." if setting.options else ""
            )
            if known is None:
                names = (name for name in (setting.name, setting.former_name) if name)
                flags = [f"--{name.replace('_', '-')}" for name in names]
                options[setting.name] = click.Option(
                    [*flags, f"{kind}_{setting.name}"], type=setting.kind, help=words
                )
            else:
                known.help = f"{known.help} {words}"
    return list(options.values())


def parse_numbers(
    _context: click.Context, flag: click.Parameter, text: str | None
) -> tuple[int, ...] | None:
    """Whole numbers with commas between them, as the value of a flag: its callback."""
    try:
        return tuple(int(part) for part in text.split(",")) if text else None
    except ValueError:
        called = flag.opts[0].strip("-").replace("-", " ")
        verb = "were" if called.endswith("s") else "was"
        raise LifelongError(
            f"The {called} {verb} given as '{text}'; expected numbers with commas between them."
        ) from None


RUN_OPTIONS = [
    click.option("--dataset", default="mnist", show_default=True, help="Data set; see `datasets`."),
    click.option(
        "--scenario",
        default=configs.DEFAULT_SCENARIO,
        show_default=True,
        help=" | ".join(configs.SCENARIOS),
    ),
    click.option("--model", default="mlp", show_default=True, help="Network."),
    click.option(
        "--recipe",
        default="quick",
        show_default=True,
        help="quick (seconds) or paper (van de Ven et al. 2022).",
    ),
    click.option(
        "--tasks",
        type=int,
        help="Number of tasks.  [default: 5, or as many as there are classes; transfer: 2]",
    ),
    click.option(
        "--class-order",
        callback=parse_numbers,
        help="Classes in order of arrival, such as 3,1,4,...  [default: natural for seed 0, else drawn]",
    ),
    click.option(
        "--task-sizes",
        callback=parse_numbers,
        help="Number of classes of each task, such as 6,4.  [default: even shares]",
    ),
    click.option(
        "--target",
        help="Transfer: a second data set, learned after the first.  [default: the other classes of the first]",
    ),
    click.option(
        "--images-per-class",
        type=int,
        help="Transfer: training images of each class of the target.  [default: all]",
    ),
    click.option("--steps", type=int, help="Optimiser steps a task, in place of the recipe's."),
    click.option("--learning-rate", type=float, help="Of the optimiser, in place of the recipe's."),
    click.option(
        "--precision",
        default="auto",
        show_default=True,
        help="Of matrix products while learning: auto, fp32 or bf16.",
    ),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        help="What learns: auto, cpu or cuda; auto is a graphics card for a whole deep network, where there is one.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
]


def run_options(command):
    for option in reversed(RUN_OPTIONS):
        command = option(command)
    return command
