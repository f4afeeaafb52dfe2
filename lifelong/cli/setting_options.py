"""A flag for every setting of every strategy and model; `--help` shows those that are in use."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import rich_click as click
from click.types import convert_type

from .. import registry
from ..errors import LifelongError
from ..settings import Configurable, Setting

NUMBERS = {click.INT, click.FLOAT}


class SettingOption(click.RichOption):
    """A flag for the settings of one name; `--help` shows those of the chosen strategy or model.

    sentences: help by owner, a strategy or model.
    """

    def __init__(self, kind: str, setting: Setting) -> None:
        names = (name for name in (setting.name, setting.former_name) if name)
        flags = [f"--{name.replace('_', '-')}" for name in names]
        super().__init__([*flags, f"{kind}_{setting.name}"], type=setting.kind, help="")
        self.kind = kind
        self.sentences: dict[str, str] = {}

    def show_for(self, owner: str, of_all: bool) -> None:
        """Shows the help for one owner, or hides the flag if it has no such setting.

        of_all: shows the help for every owner, where the one in use is not known.
        """
        self.hidden = not of_all and owner not in self.sentences
        self.panel = f"Settings of {owner}"
        self.help = self.sentences.get(owner, "")
        if of_all:
            self.panel = "Settings"
            self.help = " ".join(f"{name}: {text}" for name, text in self.sentences.items())


class CommandWithSettings(click.RichCommand):
    """A command with a flag for every setting of every strategy and model.

    The values that were given arrive as the dicts `settings` and `network`. `--help` shows the
    flags of the strategy and the model that are named beside it.
    """

    kinds: tuple[str, ...] = ("settings", "network")
    flags: Mapping[str, str] = {"settings": "--strategy", "network": "--model"}

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Returns the options of the command, those of the settings before the last, `--help`."""
        *own, help_option = super().get_params(ctx)
        return [*own, *self._setting_options(ctx), help_option]

    def _setting_options(self, ctx: click.Context, scenario: str = "else") -> "list[SettingOption]":
        """Returns the flags of the settings, the same ones throughout a command."""
        key = f"{__name__}.options"
        if key not in ctx.meta:
            ctx.meta[key] = setting_options(self.kinds, scenario)
        options: list[SettingOption] = ctx.meta[key]
        return options

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the arguments; the strategy and the model decide which flags `--help` shows."""
        defaults = {flag: option.default for option in self.params for flag in option.opts}
        scenario = _value_of("--scenario", args) or str(defaults.get("--scenario"))
        for option in self._setting_options(ctx, scenario):
            flag = self.flags[option.kind]
            owner = _value_of(flag, args) or defaults.get(flag)
            option.show_for(str(owner), of_all=owner is None)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command with the values of the settings as dicts."""
        for kind in self.kinds:
            ctx.params[kind] = {}
        for option in self._setting_options(ctx):
            kind, name = str(option.name).split("_", 1)
            value = ctx.params.pop(option.name, None)
            if value is not None:
                ctx.params[kind][name] = value
        return super().invoke(ctx)


class CommandWithNetwork(CommandWithSettings):
    """A command with a flag for every setting of every model."""

    kinds = ("network",)


def _value_of(flag: str, args: Sequence[str]) -> str | None:
    """Returns the value of a flag among arguments, before they are parsed; None without it.

    >>> _value_of("--model", ["--model", "mlp"]), _value_of("--model", ["--model=mlp"])
    ('mlp', 'mlp')
    """
    for position, argument in enumerate(args):
        name, sign, value = argument.partition("=")
        if name == flag:
            return value if sign else next(iter(args[position + 1 :]), None)
    return None


def setting_options(kinds: tuple[str, ...], scenario: str = "else") -> list[SettingOption]:
    """Returns one option for each setting of the strategies ("settings") or models ("network").

    scenario: whose defaults the help shows.
    """
    plugins: dict[str, Callable[[], Mapping[str, type[Configurable]]]] = {
        "settings": registry.strategies,
        "network": registry.models,
    }
    return merged(
        (kind, name, plugin.settings(scenario))
        for kind in kinds
        for name, plugin in plugins[kind]().items()
    )


def merged(declared: Iterable[tuple[str, str, tuple[Setting, ...]]]) -> list[SettingOption]:
    """Returns one option for each name of a setting; its help has a sentence for each owner.

    declared: kind, owner and settings, for each strategy and model. Whole numbers and others share
    an option: whoever is given one checks it. Raises LifelongError where settings cannot share one.
    """
    options: dict[str, SettingOption] = {}
    owners: dict[str, str] = {}
    for kind, owner, settings in declared:
        for setting in settings:
            first = owners.setdefault(setting.name, owner)
            option = options.setdefault(setting.name, SettingOption(kind, setting))
            types = {option.type, convert_type(setting.kind)}
            if option.kind != kind or not (types <= NUMBERS or len(types) == 1):
                raise LifelongError(
                    f"The setting '{setting.name}' of {owner} cannot share a flag with that of "
                    f"{first}, which is of another kind; rename one of the two."
                )
            if len(types) > 1:
                option.type = click.FLOAT
            option.sentences[owner] = _sentence(setting)
    return list(options.values())


def _sentence(setting: Setting) -> str:
    choices = f" One of {', '.join(setting.options)}." if setting.options else ""
    default = f"{setting.default:g}" if isinstance(setting.default, float) else setting.default
    return f"{setting.help}{choices} [default: {default}]"
