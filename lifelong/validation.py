"""Validation of configurations: immutable values, and one sentence about what does not fit."""

import os
from collections.abc import Callable
from typing import Any, Self, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict

from .errors import LifelongError, shown

AnyConfig = TypeVar("AnyConfig", bound="Config")


class Config(BaseModel):
    """Base class of configurations: immutable, and no field but those declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def with_changes(self, **fields: Any) -> Self:
        """Returns a copy with other values in some fields. Raises LifelongError as `make` does."""
        return validated(lambda: type(self).model_validate(dict(self) | fields))


def validated(build: Callable[[], AnyConfig]) -> AnyConfig:
    """Returns what `build` does; turns a ValidationError into a LifelongError."""
    try:
        return build()
    except pydantic.ValidationError as error:
        raise _one_sentence(error) from None


def _one_sentence(error: pydantic.ValidationError) -> LifelongError:
    """Returns the error in one sentence about the first value that does not fit."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the configuration"
    message = shown(first["msg"].lower(), 200)
    return LifelongError(f"{shown(where)} was given as '{shown(first['input'])}': {message}.")


def limit(name: str) -> float | None:
    """Returns a limit that the environment sets, None where there is none.

    Raises LifelongError for one that is no number above 0.
    """
    given = os.environ.get(name)
    if not given:
        return None
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not value > 0:
        raise LifelongError(f"{name} was given as {given!r}; expected a number above 0.")
    return value
