"""Rights of the present visitor of a server, by the names of runs and studies; see `owners`."""

from collections.abc import Iterable
from pathlib import Path

from ..errors import LifelongError
from ..runs import store as run_store
from ..runs.folders import home
from ..storage import owners, secret
from ..storage.owners import Rules, as_server, is_public, is_read_only, use, used
from ..transfer import store as study_store

__all__ = [
    "NOT_YOURS",
    "READ_ONLY",
    "Rules",
    "as_server",
    "is_public",
    "is_read_only",
    "may_change",
    "note_opened",
    "refusal",
    "server_secret",
    "use",
    "used",
]

READ_ONLY = owners.READ_ONLY
NOT_YOURS = "It is not yours: you can look at it, and train one like it."
SECRET_FILE = ".secret"  # in the folder of runs


def server_secret() -> str:
    """Returns the secret with which this server signs cookies, see `secret.read_or_make`."""
    return secret.read_or_make(home() / SECRET_FILE)


def may_change(name: str) -> bool:
    """Returns whether the present visitor may rename, delete, continue or stop a run or study.

    Raises LifelongError when there is neither. What ships is nobody's on a public server.
    """
    return owners.may_change(_find(name))


def refusal(name: str) -> str:
    """Returns why the present visitor may not change a run or study, empty where they may."""
    if owners.is_read_only():
        return READ_ONLY
    return "" if may_change(name) else NOT_YOURS


def note_opened(names: Iterable[str]) -> None:
    """Notes that runs and studies are looked at by whoever has their link; unknown ones are none.

    Those that were opened so are removed last where a server is full.
    """
    if not owners.is_public():
        return
    for name in names:
        folder = study_store.find(name) or run_store.find(name)
        if folder is not None:
            owners.note_opened(folder)


def _find(name: str) -> Path:
    return study_store.find(name) or run_store.folder(name)


def check_dataset(name: str) -> None:
    """Raises LifelongError for a data set that another visitor brought."""
    from .. import datasets  # beside the functions of the same words

    if owners.is_public() and datasets.outline(name).own and name not in datasets.names():
        raise LifelongError(f"There is no data set '{name[:80]}' of your own here.")
