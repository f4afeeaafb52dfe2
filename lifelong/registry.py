"""Finds plug-ins: strategies, models, data sets and metrics, each declared in one file.

A plug-in of this project is found by its file: `strategies/er_ace.py` is the strategy `er-ace`.
Those of other packages are found by their entry points, in the groups `lifelong.strategies`,
`lifelong.models`, `lifelong.datasets` and `lifelong.metrics`. One that does not load, or takes the
name of another, is left out with a sentence on standard error. Listing names imports nothing and
costs milliseconds; a plug-in is imported when it is first needed.
"""

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .errors import LifelongError, unknown_name
from .plugin_kinds import KINDS

if TYPE_CHECKING:
    from .datasets.base import DatasetSpec
    from .models.base import Model
    from .strategies.base import Strategy

_HERE = Path(__file__).parent
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # where a word of a class's name begins
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")  # goes into the names of runs

_registered: dict[str, dict[str, type]] = {kind: {} for kind in KINDS}


def names(kind: str) -> tuple[str, ...]:
    """Returns the names of all plug-ins of a kind: 'strategies', 'models' or 'datasets'.

    >>> "ewc" in names("strategies")
    True
    """
    return tuple(sorted((*_own(kind), *_entry_points(kind))))


def strategy(name: str) -> "type[Strategy]":
    """Returns the strategy class of a name. Raises LifelongError if it is unknown or broken."""
    return load("strategies", name)


def strategies() -> "dict[str, type[Strategy]]":
    """Returns every strategy class by its name; broken ones of other packages are left out."""
    return load_all("strategies")


def dataset(name: str) -> "DatasetSpec":
    """Returns the declaration of a data set. Raises LifelongError if it is unknown or broken."""
    return load("datasets", name)


def datasets() -> "dict[str, DatasetSpec]":
    """Returns every declared data set by its name; broken ones of other packages are left out."""
    return load_all("datasets")


def model(name: str) -> "type[Model]":
    """Returns the model class of a name: a plug-in, or made of torchvision's network of this name.

    Raises LifelongError if it is unknown or broken.
    """
    if name in names("models") or name in _registered["models"]:
        return load("models", name)
    torchvision = importlib.import_module(".models.parts.torchvision_model", __package__)
    made = torchvision.made_of(name)
    if made is None:
        raise unknown_name("model", name, [*names("models"), *torchvision.architectures()])
    return made


def models() -> "dict[str, type[Model]]":
    """Returns every declared model class by its name; broken ones of others are left out."""
    return load_all("models")


def load(kind: str, name: str) -> Any:
    """Returns a plug-in. Raises LifelongError if it is unknown or broken."""
    if name in _own(kind):
        return _only(
            kind, importlib.import_module(f".{kind}.{name.replace('-', '_')}", __package__)
        )
    if name in _registered[kind]:
        return _registered[kind][name]
    found = _entry_points(kind).get(name)
    if found is None:
        raise unknown_name(KINDS[kind].noun, name, names(kind))
    return _load_entry_point(kind, found)


def load_all(kind: str) -> dict[str, Any]:
    """Returns all plug-ins of a kind by their names; broken ones of other packages are left out."""
    return {name: load(kind, name) for name in names(kind) if name not in _broken(kind)}


def load_entry_points(kind: str, taken: Iterable[str]) -> dict[str, Any]:
    """Returns the plug-ins of other packages by their names; broken ones are left out.

    taken: names that the project uses itself; plug-ins of these names are left out too.
    """
    found = {n: load(kind, n) for n in _entry_points(kind) if n not in _broken(kind)}
    shadows = found.keys() & set(taken)
    for name in shadows:
        _warn_left_out(kind, _entry_points(kind)[name], "there is one of this name already")
    return {name: found[name] for name in found if name not in shadows}


def source(kind: str, name: str) -> tuple[Path, str | None]:
    """Returns the source file of a plug-in and its name in there, None for the only one of a file.

    The file of another package may be missing: a package can be installed as a link.
    """
    if name in _own(kind):
        return _HERE / kind / f"{name.replace('-', '_')}.py", None
    entry = _entry_points(kind)[name]
    file = Path(entry.module.replace(".", "/")).with_suffix(".py")
    return Path(str(entry.dist.locate_file(file))) if entry.dist else file, entry.attr


def name_of(plugin: type) -> str:
    """Returns the name of a strategy or model class: of its entry point, or else of its file."""
    registered = [name for known in _registered.values() for name in known if known[name] is plugin]
    if registered:
        return registered[0]
    entries = [entry for kind in KINDS for entry in _entry_points(kind).items()]
    where = (plugin.__module__, plugin.__qualname__)
    named = [name for name, entry in entries if (entry.module, entry.attr) == where]
    return named[0] if named else plugin.__module__.rpartition(".")[2].replace("_", "-")


def register(kind: str, plugin: type) -> str:
    """Makes a strategy or model class a plug-in of this process and returns its name.

    It is found by its name, but not listed. `class MyReplay` is `my-replay`; a class of the same
    name, as of a notebook's cell that is run again, takes its place. Raises LifelongError for the
    name of a plug-in of the project or of a package.
    """
    own = name_of(plugin)
    if own in names(kind) and load(kind, own) is plugin:
        return own
    name = _CAPITAL.sub("-", plugin.__name__).lower().replace("_", "-")
    if not _NAME.fullmatch(name) or name in _own(kind) or name in _entry_points(kind):
        raise LifelongError(
            f"The class {plugin.__name__} would be the {KINDS[kind].noun} '{name}', but there is"
            " one of this name already; rename the class."
        )
    _registered[kind][name] = plugin
    return name


def forget() -> None:
    """Clears the caches about other packages, after one was installed or removed."""
    for cached in (_entry_points, _broken):
        cached.cache_clear()


@cache
def _own(kind: str) -> tuple[str, ...]:
    """Returns the names of the plug-ins that have a file in this project."""
    found = (m.name for m in pkgutil.iter_modules([str(_HERE / kind)]) if not m.ispkg)
    return tuple(sorted(n.replace("_", "-") for n in found if n != "base"))


@cache
def _entry_points(kind: str) -> dict[str, EntryPoint]:
    """Returns the entry points of other packages by their names, but those that cannot be used."""
    found: dict[str, EntryPoint] = {}
    listed = set(entry_points(group=f"{__package__}.{kind}"))
    for entry in sorted(listed, key=lambda entry: (entry.name, _package(entry))):
        if not _NAME.fullmatch(entry.name):
            _warn_left_out(kind, entry, "a name is of letters a to z, digits and . _ -")
        elif entry.name in KINDS[kind].reserved:
            _warn_left_out(kind, entry, "reports have a key of this name")
        elif entry.name in _own(kind) or entry.name in found:
            _warn_left_out(kind, entry, "there is one of this name already")
        else:
            found[entry.name] = entry
    return found


def _warn_left_out(kind: str, entry: EntryPoint, why: str) -> None:
    sentence = (
        f"The package {_package(entry)} has a {KINDS[kind].noun} named {entry.name[:60]!r}, "
        f"but {why}; the package's is left out, rename it."
    )
    print(sentence, file=sys.stderr)


def _load_entry_point(kind: str, entry: EntryPoint) -> Any:
    wanted = KINDS[kind]
    try:
        found = entry.load()
    except Exception as error:  # foreign code may raise anything when it is imported
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise LifelongError(
            f"The {wanted.noun} '{entry.name}' of the package {_package(entry)} could not be "
            f"loaded ({reason}); update the package or uninstall it."
        ) from error
    if not wanted.fits(found) or (wanted.is_value and found.name != entry.name):
        raise LifelongError(
            f"The entry point '{entry.name}' of the package {_package(entry)} is no "
            f"{wanted.noun} of this name; expected a {wanted.base} of lifelong{wanted.module}."
        )
    return found


@cache
def _broken(kind: str) -> frozenset[str]:
    """Returns the names of the entry points that do not load, after a warning for each."""
    found = set()
    for name, entry in _entry_points(kind).items():
        try:
            _load_entry_point(kind, entry)
        except LifelongError as error:
            found.add(name)
            print(error, file=sys.stderr)
    return frozenset(found)


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.module


@cache
def _only(kind: str, module: ModuleType) -> Any:
    """Returns the one plug-in of a kind that a module defines."""
    if KINDS[kind].is_value:
        return module.SPEC
    (only,) = [
        found
        for found in vars(module).values()
        if KINDS[kind].fits(found) and found.__module__ == module.__name__
    ]
    return only
