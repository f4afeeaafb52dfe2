"""The fields of a strategy or a model: what people may set, what is kept from task to task, and tensors by name."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

from .errors import LifelongError, unknown_name


def setting(default: Any, help: str, low: float, high: float) -> Any:
    """A number that people may set: it becomes a flag, a slider and an entry of the record.

    default: one value, or a dict by scenario with the key "else" for those not named.
    """
    return _set(default, help, low=low, high=high)


def choice(default: Any, help: str, options: tuple[str, ...]) -> Any:
    """One of several names that people may choose from; default as for `setting`."""
    return _set(default, help, options=options)


def text(default: str, help: str) -> Any:
    """A name or the path of a file; what can be read is known only when it is read."""
    return _set(default, help)


def _set(default: Any, help: str, **range_: Any) -> Any:
    by_scenario = default if isinstance(default, dict) else {"else": default}
    return dataclasses.field(
        default=by_scenario["else"],
        metadata={"setting": True, "help": help, "defaults": by_scenario, **range_},
    )


def stored(empty: Any, kind: str = "working memory") -> Any:
    """A field that is kept from task to task and saved with a run: a Tensor or Examples, made by `empty`.

    kind: what it is to somebody who asks what a strategy keeps: "images", "logits", "weights", "statistics" ...
    """
    return dataclasses.field(
        default_factory=empty, init=False, repr=False, metadata={"stored": kind}
    )


@dataclass(frozen=True)
class Setting:
    """One setting as a face of the project sees it: a number from low to high, one of the options, or any text."""

    name: str
    help: str
    kind: type
    default: Any
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()

    def describe(self) -> str:
        """What may be given, in words."""
        if self.options:
            return f"one of {', '.join(self.options)}"
        if self.kind is str:
            return "a name"
        return f"a {'whole number' if self.kind is int else 'number'} from {self.low:g} to {self.high:g}"

    def accepts(self, value: Any) -> bool:
        """Whether a value may be given."""
        if self.options:
            return value in self.options
        if self.kind is str:
            return isinstance(value, str) and 0 < len(value) <= 1000
        return (
            not isinstance(value, (str, bool))
            and self.low <= value <= self.high
            and self.kind(value) == value
        )


class Configurable:
    """What a dataclass with such fields can do: tell its settings, be made from given ones, tell what was chosen."""

    @classmethod
    def settings(cls, scenario: str) -> tuple[Setting, ...]:
        """The settings that people may change, with this scenario's defaults."""
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
                    )
                )
        return tuple(described)

    @classmethod
    def from_settings(cls, name: str, scenario: str, given: dict[str, Any]) -> Self:
        """One of this name with the scenario's defaults and the given settings, each checked against its range."""
        known = {s.name: s for s in cls.settings(scenario)}
        for key, value in given.items():
            if key not in known:
                raise unknown_name(f"setting of {name}", key, known)
            if not known[key].accepts(value):
                raise LifelongError(
                    f"{key} was given as {value}; {name} expects {known[key].describe()}."
                )
        return cls(**{n: s.kind(given.get(n, s.default)) for n, s in known.items()})

    def settings_dict(self) -> dict[str, Any]:
        """All settings by name, as they go into `config.json`."""
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if f.metadata.get("setting")
        }
