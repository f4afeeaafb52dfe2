"""Sentences of the Runs page. Pure functions."""

from collections.abc import Sequence

from app.shared.markdown import escaped
from app.views.runs.table import Entry, full_title
from lifelong.api import Loading, collection
from lifelong.formatting import plural, size

UNTICKED = (
    "Tick a run in the first column, or press Shift and the space bar on its row, to open, name, "
    "download or delete it."
)
UNTICKED_READ_ONLY = (
    "Tick a run in the first column, or press Shift and the space bar on its row, to open, compare "
    "or download it."
)
PUBLIC = "What you train here is listed for you alone. Whoever has its link can look at it."
LOAD = (
    "A zip file that a run, a study or a taught network was downloaded as, here or elsewhere, or "
    "a run that `lifelong push` sent to the Hub. It is checked first, and nothing in it is run."
)
SESSION = (
    "Your browser refuses cookies: what you train here is yours until you close or reload this"
    " page; after that only its link leads to it."
)
NO_MATCH = "No run matches. Take a word out of the search, or show all."
NO_OWN = "You have no run yet. Train one, load one from a zip file, or look at those that ship."


def count(entries: Sequence[Entry], found: Sequence[Entry]) -> str:
    """Returns a sentence about how many runs and studies there are, are shown and are at work."""
    studies = sum(entry.is_study for entry in entries)
    total = f"{plural(len(entries) - studies, 'run')} and {_studies(studies)}"
    work = sum(entry.at_work for entry in entries)
    shown = "" if len(found) == len(entries) else f" Shown: {len(found):,}."
    return f"{total}{f', {work} at work' if work else ''}.{shown}"


def _studies(number: int) -> str:
    return f"{number:,} {'study' if number == 1 else 'studies'}"


def ticked(entries: Sequence[Entry], read_only: bool = False) -> str:
    """Returns a sentence about the entries that are ticked, and what cannot be done with them.

    read_only: whether the server changes nothing.
    """
    if not entries:
        return UNTICKED_READ_ONLY if read_only else UNTICKED
    if read_only and len(entries) > 1:
        return f"**{len(entries):,} ticked.**"
    names = f"**{escaped(full_title(entries[0]))}**"
    if len(entries) > 1:
        names = f"**{len(entries):,} ticked.** Delete and star do it to all of them"
        return f"{names}{_read_only(entries)}."
    if read_only:
        return f"{names}{_error(entries[0])}{_source(entries[0])}"
    return f"{names}{_error(entries[0])}{_read_only(entries)}{_source(entries[0])}"


def _source(entry: Entry) -> str:
    return f" came from the Hub: {escaped(entry.source)}." if entry.source else ""


def _error(entry: Entry) -> str:
    return f". {escaped(entry.error)}" if entry.error else ""


def _read_only(entries: Sequence[Entry]) -> str:
    shipped = sum(entry.shipped for entry in entries)
    if not shipped:
        return ""
    if len(entries) == 1:
        return " came with the project: open, duplicate or download it; it stays as it is."
    return f", but {shipped:,} of them came with the project and stay as they are"


def deleted(titles: Sequence[str]) -> str:
    """Returns a sentence about what was just deleted. titles: of the runs."""
    if len(titles) == 1:
        return f"Deleted: {escaped(titles[0])}."
    return f"Deleted: {len(titles):,} runs."


def restored(number: int) -> str:
    """Returns a sentence about runs that were brought back."""
    return "The run is back." if number == 1 else f"{number:,} runs are back."


def trash(contents: Sequence[collection.Deleted]) -> str:
    """Returns the title of the part with deleted runs."""
    nbytes = sum(each.nbytes for each in contents)
    return f"Deleted: {plural(len(contents), 'run')}, {size(nbytes)}"


def about_trash(days: int) -> str:
    """Returns a sentence about how long deleted runs stay."""
    return (
        f"They can be brought back for {plural(days, 'day')}; after that they are removed for "
        "good when another one is deleted."
    )


def loading(event: Loading) -> tuple[float, str]:
    """Returns the progress of a run that is loaded from the Hub, as a share and as text."""
    if not event.total:
        return 0.0, f"{event.what} …"
    share = min(1.0, event.done / event.total)
    return share, f"{escaped(event.what)}: {size(event.done)} of {size(event.total)}"


def loaded(entry_title: str) -> str:
    """Returns a sentence about a run that was loaded."""
    return f"Loaded: {escaped(entry_title)}."
