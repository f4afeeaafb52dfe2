"""Command-line options: those that several commands share, and a flag for every setting."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from .. import config as configs
from .. import registry
from ..errors import LifelongError
from ..settings import Configurable, Setting

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
NUMBERS = {click.INT, click.FLOAT}


class CommandWithSettings(click.Command):
    """A command with a flag for every setting of every strategy and model.

    The values that were given arrive as the dicts `settings` and `network`.
    """

    kinds: tuple[str, ...] = ("settings", "network")

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Returns the options of the command, those of the settings before the last, `--help`."""
        *own, help_option = super().get_params(ctx)
        return [*own, *setting_options(self.kinds), help_option]

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command with the values of the settings as dicts."""
        for kind in self.kinds:
            ctx.params[kind] = {}
        for option in setting_options(self.kinds):
            kind, name = str(option.name).split("_", 1)
            value = ctx.params.pop(option.name, None)
            if value is not None:
                ctx.params[kind][name] = value
        return super().invoke(ctx)


class CommandWithNetwork(CommandWithSettings):
    """A command with a flag for every setting of every model."""

    kinds = ("network",)


def setting_options(kinds: tuple[str, ...]) -> list[click.Option]:
    """Returns one option for each setting of the strategies ("settings") or models ("network")."""
    plugins: dict[str, Callable[[], Mapping[str, type[Configurable]]]] = {
        "settings": registry.strategies,
        "network": registry.models,
    }
    return merged(
        (kind, name, plugin.settings("else"))
        for kind in kinds
        for name, plugin in plugins[kind]().items()
    )


def merged(declared: Iterable[tuple[str, str, tuple[Setting, ...]]]) -> list[click.Option]:
    """Returns one option for each name of a setting; its help has a sentence for each owner.

    declared: kind, owner and settings, for each strategy and model. Whole numbers and others share
    an option: whoever is given one checks it. Raises LifelongError where settings cannot share one.
    """
    options: dict[str, click.Option] = {}
    owners: dict[str, str] = {}
    for kind, owner, settings in declared:
        for setting in settings:
            first = owners.setdefault(setting.name, owner)
            option = options.setdefault(setting.name, _option(kind, setting))
            types = {option.type, click.types.convert_type(setting.kind)}
            if option.name != f"{kind}_{setting.name}" or not (types <= NUMBERS or len(types) == 1):
                raise LifelongError(
                    f"The setting '{setting.name}' of {owner} cannot share a flag with that of "
                    f"{first}, which is of another kind; rename one of the two."
                )
            if len(types) > 1:
                option.type = click.FLOAT
            option.help = f"{option.help} {_sentence(owner, setting)}".strip()
    return list(options.values())


def _option(kind: str, setting: Setting) -> click.Option:
    names = (name for name in (setting.name, setting.former_name) if name)
    flags = [f"--{name.replace('_', '-')}" for name in names]
    return click.Option([*flags, f"{kind}_{setting.name}"], type=setting.kind, help="")


def _sentence(owner: str, setting: Setting) -> str:
    choices = f" One of {', '.join(setting.options)}." if setting.options else ""
    return f"{owner}: {setting.help}{choices}"


def parse_numbers(
    _context: click.Context, flag: click.Parameter, text: str | None
) -> tuple[int, ...] | None:
    """Returns whole numbers given with commas between them; the callback of an option."""
    try:
        return tuple(int(part) for part in text.split(",")) if text else None
    except ValueError:
        called = flag.opts[0].strip("-").replace("-", " ")
        verb = "were" if called.endswith("s") else "was"
        raise LifelongError(
            f"The {called} {verb} given as '{text}'; expected numbers with commas between them."
        ) from None


_SHARED: dict[str, dict[str, Any]] = {
    "--dataset": {"default": "mnist", "help": "Data set; see `datasets`."},
    "--scenario": {"default": configs.DEFAULT_SCENARIO, "help": " | ".join(configs.SCENARIOS)},
    "--model": {"default": "mlp", "help": "Network."},
    "--recipe": {"default": "quick", "help": "quick (seconds) or paper (van de Ven et al. 2022)."},
    "--tasks": {
        "type": int,
        "help": "Number of tasks.  [default: 5, or as many as there are classes; transfer: 2]",
    },
    "--class-order": {
        "callback": parse_numbers,
        "help": "Classes in order of arrival, such as 3,1,4,...  "
        "[default: natural for seed 0, else drawn]",
    },
    "--task-sizes": {
        "callback": parse_numbers,
        "help": "Number of classes of each task, such as 6,4.  [default: even shares]",
    },
    "--target": {
        "help": "Transfer: a second data set, learned after the first.  "
        "[default: the other classes of the first]"
    },
    "--images-per-class": {
        "type": int,
        "help": "Transfer: training images of each class of the target.  [default: all]",
    },
    "--steps": {"type": int, "help": "Optimiser steps a task, in place of the recipe's."},
    "--learning-rate": {"type": float, "help": "Of the optimiser, in place of the recipe's."},
    "--precision": {
        "default": "auto",
        "help": "Of matrix products while learning: auto, fp32 or bf16.",
    },
    "--device": {
        "default": "auto",
        "help": "What learns: auto, cpu or cuda; auto is a graphics card for a whole deep network, "
        "where there is one.",
    },
}


def shared(*names: str, help: str | None = None) -> Decorator:
    """Returns the decorator that adds options which several commands have, in this order.

    help: in place of the usual sentence.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            declared = _SHARED[name] | ({"help": help} if help else {})
            command = click.option(name, show_default="default" in declared, **declared)(command)
        return command

    return add


def json_option(value: str = "object") -> Decorator:
    """Returns the decorator that adds `--json`. value: what is printed, an object or a list."""
    text = f"Print one JSON {value} and nothing else."
    return click.option("--json", "as_json", is_flag=True, help=text)


run_options = shared(*_SHARED)
