"""The fields of a strategy: what people may set, what is kept from task to task, and tensors by name."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from torch import Tensor


def setting(default: Any, help: str, low: float, high: float) -> Any:
    """A number that people may set: it becomes a flag, a slider and an entry of the record.

    default: one value, or a dict by scenario with the key "else" for those not named.
    """
    return _set(default, help, low=low, high=high)


def choice(default: Any, help: str, options: tuple[str, ...]) -> Any:
    """One of several names that people may choose from; default as for `setting`."""
    return _set(default, help, options=options)


def _set(default: Any, help: str, **range_: Any) -> Any:
    by_scenario = default if isinstance(default, dict) else {"else": default}
    return dataclasses.field(default=by_scenario["else"], metadata={"setting": True, "help": help, "defaults": by_scenario, **range_})


def stored(empty: Any, kind: str = "working memory") -> Any:
    """A field that is kept from task to task and saved with a run: a Tensor or Examples, made by `empty`.

    kind: what it is to somebody who asks what a strategy keeps: "images", "logits", "weights", "statistics" ...
    """
    return dataclasses.field(default_factory=empty, init=False, repr=False, metadata={"stored": kind})


@dataclass(frozen=True)
class Setting:
    """One setting of a strategy as a face of the project sees it: a number from low to high, or one of the options."""

    name: str
    help: str
    kind: type
    default: Any
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()

    def expects(self) -> str:
        """What may be given, in words."""
        if self.options:
            return f"one of {', '.join(self.options)}"
        return f"a {'whole number' if self.kind is int else 'number'} from {self.low:g} to {self.high:g}"

    def fits(self, value: Any) -> bool:
        """Whether a value may be given."""
        if self.options:
            return value in self.options
        return not isinstance(value, (str, bool)) and self.low <= value <= self.high and self.kind(value) == value


def named(start: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under names that begin so."""
    return {f"{start}.{name}": tensor for name, tensor in tensors.items()}


def starting(start: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those whose name begins so, by the rest of their name."""
    return {name[len(start) + 1 :]: tensor for name, tensor in state.items() if name.startswith(f"{start}.")}
