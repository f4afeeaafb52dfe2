"""Rows of the table of all runs and studies: their cells, search and filter. Pure functions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from app.shared import labels
from lifelong import api
from lifelong.api import collection
from lifelong.formatting import plural, short_id

Entry = collection.Entry
SHOWN = {
    "all": "All",
    "own": "Yours",
    "starred": "Starred",
    "studies": "Studies",
}  # filters, with their titles


def title(entry: Entry) -> str:
    """Returns what a run or study is called in the table: its name, or else its strategy."""
    if entry.error:
        return f"{entry.id} (damaged)"
    return entry.name or strategy(entry)


def full_title(entry: Entry) -> str:
    """Returns the name of a run or study within a sentence, such as one that says it is deleted."""
    if entry.error:
        return entry.id
    parts = [title(entry), scenario(entry), dataset(entry)]
    return ", ".join([*parts, "" if entry.shipped else short_id(entry.id)]).strip(", ")


def strategy(entry: Entry) -> str:
    """Returns the strategy of a run, with the classes it was taught; of a study, what protects."""
    if entry.is_study:
        if not entry.strategy:
            return "Study, pretrained"
        return f"Study with {labels.strategy_title(entry.strategy)}"
    taught = f", taught {', '.join(entry.taught)}" if entry.taught else ""
    program = f", by {entry.program}" if entry.program else ""
    return labels.strategy_title(entry.strategy) + taught + program


def dataset(entry: Entry) -> str:
    """Returns the title of the data set, and of the target if that is another one."""
    names = filter(None, [entry.dataset, entry.target])
    return " → ".join(map(labels.dataset_title, names))


def scenario(entry: Entry) -> str:
    """Returns the scenario in words: 'class-incremental'."""
    return api.SCENARIOS[entry.scenario].short_title if entry.scenario else ""


def network(entry: Entry) -> str:
    """Returns the title of the network; its name for one that has no file of its own."""
    return next((info.title for info in api.networks() if info.name == entry.model), entry.model)


def state(entry: Entry) -> str:
    """Returns the state of a run or study in a few words."""
    if entry.error:
        return "damaged"
    unit = "seed" if entry.is_study else "task"
    done = f"{entry.learned} of {plural(entry.tasks, unit)}"
    words = {
        "finished": "finished, shipped" if entry.shipped else "finished",
        "running": f"at work, {done}",
        "waiting": f"waiting, {done}",
        "stopped": f"stopped at {done}",
        "failed": f"failed at {done}",
        "interrupted": f"cut off at {done}",
        "new": "not begun",
    }
    return words[entry.state]


@lru_cache(maxsize=4096)
def cells(entry: Entry) -> dict[str, Any]:
    """Returns one row of the table, by column; numbers as numbers, so that they are sorted."""
    made = None if entry.made is None else datetime.fromtimestamp(entry.made, UTC)
    return {
        "run": f"★ {title(entry)}" if entry.star else title(entry),
        "scenario": scenario(entry),
        "dataset": dataset(entry) if entry.dataset else "",
        "accuracy": None if entry.accuracy is None else 100 * entry.accuracy,
        "forgetting": None if entry.forgetting is None else 100 * entry.forgetting,
        "stored": None if entry.stored is None else entry.stored / 1e3,
        "seconds": entry.seconds,
        "state": state(entry),
        "strategy": "" if entry.error else strategy(entry),
        "network": network(entry) if entry.model else "",
        "recipe": entry.recipe,
        "seed": entry.seed,
        "made": made,
        "id": entry.id,
    }


def chosen(entries: Sequence[Entry], shown: str, text: str) -> list[Entry]:
    """Returns the entries that a filter and all words of a search let through, in their order.

    Those with a star come first.
    """
    words = text.lower().split()
    found = [
        entry
        for entry in entries
        if _is_shown(entry, shown) and all(word in searched(entry) for word in words)
    ]
    return sorted(found, key=lambda entry: not entry.star)


def _is_shown(entry: Entry, shown: str) -> bool:
    return {"own": not entry.shipped, "starred": entry.star, "studies": entry.is_study}.get(
        shown, True
    )


@lru_cache(maxsize=4096)
def searched(entry: Entry) -> str:
    """Returns the text that a search looks through: all that the table shows of an entry."""
    row = cells(entry)
    texts = [str(row[name]) for name in ("run", "scenario", "dataset", "state", "strategy")]
    texts += [str(row[name]) for name in ("network", "recipe", "id")]
    texts.append(f"seed {entry.seed}" if entry.seed is not None else "")
    texts += ["starred"] * entry.star + ["shipped"] * entry.shipped + ["study"] * entry.is_study
    return " ".join(texts).lower()
