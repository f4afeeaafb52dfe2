"""Finds strategies, datasets and models by their file: `strategies/er_ace.py` is the strategy `er-ace`.

Listing names imports nothing, so it costs milliseconds; a part is imported when it is first asked for.
"""

import ast
import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from .errors import unknown_name

if TYPE_CHECKING:
    from .datasets.base import DatasetSpec

_HERE = Path(__file__).parent


@cache
def names(kind: str) -> tuple[str, ...]:
    """Names of all parts of a kind: 'strategies', 'datasets' or 'models'.

    >>> "ewc" in names("strategies")
    True
    """
    found = (m.name for m in pkgutil.iter_modules([str(_HERE / kind)]) if not m.ispkg)
    return tuple(sorted(n.replace("_", "-") for n in found if n != "base"))


def module(kind: str, name: str) -> ModuleType:
    """The module of one part. Raises LifelongError with the nearest name when there is none."""
    if name not in names(kind):
        raise unknown_name(
            {"strategies": "strategy"}.get(kind, kind.rstrip("s")), name, names(kind)
        )
    return importlib.import_module(f"{__package__}.{kind}.{name.replace('-', '_')}")


def strategy(name: str) -> type:
    """The strategy class of a name: the one subclass of Strategy that its file defines."""
    from .strategies.base import Strategy

    return _only(Strategy, module("strategies", name))


@cache
def titles() -> dict[str, str]:
    """Every strategy's title by its name, read from the files without importing them: torch takes a second.

    >>> titles()["ewc"]
    'EWC'
    """
    found = {}
    for name in names("strategies"):
        tree = ast.parse((_HERE / "strategies" / f"{name.replace('-', '_')}.py").read_text("utf-8"))
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        told = [
            n.value
            for c in classes
            for n in c.body
            if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "title"
        ]
        found[name] = ast.literal_eval(told[0]) if told else name
    return found


def model(name: str) -> type:
    """The model class of a name: that of its own file, or one made of torchvision's network of this name."""
    from .models.base import Model
    from .models.parts.torchvision_model import made_of

    return _only(Model, module("models", name)) if name in names("models") else made_of(name)


def dataset(name: str) -> "DatasetSpec":
    """Returns the declaration of a data set: the SPEC of its file."""
    return module("datasets", name).SPEC


def _only(kind: type, found: ModuleType) -> type:
    """The one subclass of a class that a module defines."""
    (only,) = [
        c
        for c in vars(found).values()
        if inspect.isclass(c) and issubclass(c, kind) and c.__module__ == found.__name__
    ]
    return only
