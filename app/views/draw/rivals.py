"""Runs that learned the same lessons, and which of them are shown beside one another at first."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from lifelong import api
from lifelong.api import RunRow


def remedies_of(rows: Sequence[RunRow]) -> dict[str, dict[str, Any]]:
    """Returns of each run {"question", "remedy", "transfer"}, fields of its RunChoice."""
    groups = defaultdict[str, list[RunRow]](list)
    for row in rows:
        groups[_question(row)].append(row)
    found = {}
    for question, members in groups.items():
        shown = _shown(members)
        for row in members:
            remedy = shown.index(row.id) if row.id in shown else -1
            transfer = _transfer(row)
            found[row.id] = {"question": question, "remedy": remedy, "transfer": transfer}
    return found


def _question(row: RunRow) -> str:
    """Returns a name for data set, scenario, the classes of each lesson and which network learned:
    all of a deep one, or others.
    """
    history = api.history(row.id)
    config, labels = history.config, history.started.labels
    lessons = (row.dataset, row.scenario, labels, config.images_per_class, _whole(row))
    return sha256(repr(lessons).encode()).hexdigest()[:12]


def _whole(row: RunRow) -> str:
    """Returns the name of the deep network all of which learned, empty for others."""
    config = api.history(row.id).config
    return api.whole_network(config.model, config.network)


def _transfer(row: RunRow) -> str:
    """Returns source and target of a transfer run in words, empty in other scenarios."""
    if not api.SCENARIOS[row.scenario].has_source:
        return ""
    history = api.history(row.id)
    if not all(name.isdigit() for names in history.started.classes for name in names):
        return "Transfer to other classes"
    source, target = (f"{names[0]} to {names[-1]}" for names in history.started.classes[:2])
    images = history.config.images_per_class
    few = f"from {images} images each" if images else "from all images"
    return f"Transfer: {source}, then {target} {few}"


def _shown(members: Sequence[RunRow]) -> list[str]:
    """Returns the shipped runs to show first: of transfer and of whole deep networks, which are
    few, all, else one of each family.
    """
    shipped = [row for row in members if row.shipped]
    if any(api.SCENARIOS[row.scenario].has_source or _whole(row) for row in shipped):
        return [row.id for row in shipped]
    of_family: dict[str, RunRow] = {}
    for row in shipped:
        outline = api.strategy_outline(row.strategy)
        if outline.family not in of_family or outline.simplest_of_family:
            of_family[outline.family] = row
    return [of_family[family].id for family in api.FAMILIES if family in of_family]
