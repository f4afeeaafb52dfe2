"""Settings and stored values of a strategy or a model, declared as fields of its dataclass."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from .errors import LifelongError, shown, unknown_name


def setting(default: Any, help: str, low: float, high: float, former_name: str = "") -> Any:
    """Declares a number that people may set: a flag, a slider and an entry of the config.

    default: one value, or a dict by scenario with the key "else" for those not named.
    former_name: what the setting was called in configs and commands written before it was renamed.
    """
    return _setting_field(default, help, former_name, low=low, high=high)


def choice(default: Any, help: str, options: tuple[str, ...], former_name: str = "") -> Any:
    """Declares a setting that is one of several names; default and former_name as for `setting`."""
    return _setting_field(default, help, former_name, options=options)


def text(default: str, help: str) -> Any:
    """Declares a setting that is a name or the path of a file, not checked before it is read."""
    return _setting_field(default, help, "")


def _setting_field(default: Any, help: str, former_name: str, **limits: Any) -> Any:
    by_scenario = default if isinstance(default, dict) else {"else": default}
    metadata = {
        "setting": True,
        "help": help,
        "defaults": by_scenario,
        "former_name": former_name,
        **limits,
    }
    return dataclasses.field(default=by_scenario["else"], metadata=metadata)


def stored(empty: Callable[[], Any], kind: str = "working memory", saved_as: str = "") -> Any:
    """Declares a tensor, made by `empty`, that goes from task to task and is saved with a run.

    kind: of information, for the bytes a strategy stores: "logits", "weights", "statistics" ...
    saved_as: its name in checkpoints, if that is not the field's.
    """
    metadata = {"stored": kind, "saved_as": saved_as}
    return dataclasses.field(default_factory=empty, init=False, repr=False, metadata=metadata)


@dataclass(frozen=True)
class Setting:
    """Description of one setting: a number from low to high, one of the options, or any text."""

    name: str
    help: str
    kind: type
    default: Any
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    former_name: str = ""

    def describe(self) -> str:
        """Returns the accepted values in words."""
        if self.options:
            return f"one of {', '.join(self.options)}"
        if self.kind is str:
            return "a name"
        return (
            f"a {'whole number' if self.kind is int else 'number'} from {self.low:g} to "
            f"{self.high:g}"
        )

    def accepts(self, value: Any) -> bool:
        """Returns whether a value is within the limits of this setting."""
        if self.options:
            return value in self.options
        if self.kind is str:
            return isinstance(value, str) and 0 < len(value) <= 1000
        return (
            not isinstance(value, (str, bool))
            and self.low <= value <= self.high
            and self.kind(value) == value
        )


@dataclass
class Configurable:
    """Base class of dataclasses with settings: lists them, checks them and creates instances."""

    @classmethod
    def settings(cls, scenario: str) -> tuple[Setting, ...]:
        """Returns the settings that people may change, with this scenario's defaults."""
        described = []
        for field in dataclasses.fields(cls):
            meta = field.metadata
            if meta.get("setting"):
                default = meta["defaults"].get(scenario, meta["defaults"]["else"])
                described.append(
                    Setting(
                        field.name,
                        meta["help"],
                        type(default),
                        default,
                        meta.get("low"),
                        meta.get("high"),
                        meta.get("options", ()),
                        meta["former_name"],
                    )
                )
        return tuple(described)

    @classmethod
    def from_settings(cls, name: str, scenario: str, given: dict[str, Any]) -> Self:
        """Creates an instance from the scenario's defaults and the given settings.

        given: settings by name; a former name stands for the present one. name: of the strategy or
        model, for errors. Raises LifelongError for an unknown name or a value that is not accepted.
        """
        known = {s.name: s for s in cls.settings(scenario)}
        renamed = {s.former_name: s.name for s in known.values() if s.former_name}
        given = {renamed.get(key, key): value for key, value in given.items()}
        for key, value in given.items():
            if key not in known:
                raise unknown_name(f"setting of {name}", key, known)
            if not known[key].accepts(value):
                raise LifelongError(
                    f"{key} was given as {shown(value)}; {name} expects {known[key].describe()}."
                )
        return cls(**{n: s.kind(given.get(n, s.default)) for n, s in known.items()})

    def settings_dict(self) -> dict[str, Any]:
        """Returns all settings by name, as in `config.json`."""
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if f.metadata.get("setting")
        }
