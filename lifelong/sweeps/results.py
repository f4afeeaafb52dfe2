"""Results of a sweep: a row for each scenario, strategy and combination of settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..runs import comparison, store
from .grid import Planned


def rows(planned: Sequence[Planned], runs: Sequence[Path]) -> list[dict[str, Any]]:
    """Returns one row a scenario and label with mean and sem of its complete runs, in order.

    The measures that compare with cumulative training are there if it is a part of the sweep.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    reports: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for each, run in zip(planned, runs):
        history = store.history(run)
        if history.finished:
            report = history.report(run.name)
            reports.setdefault(each.config.scenario, []).append((each.label, report))
    for scenario, labelled in reports.items():
        found = comparison.with_references(report for _label, report in labelled)
        for (label, _report), report in zip(labelled, found):
            groups.setdefault((scenario, label), []).append(report)
    return [comparison.row(label, group) for (_scenario, label), group in groups.items()]
